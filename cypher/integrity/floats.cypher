// Properties that hold a FLOAT, or a list of them: no number is stored but as an integer.
// sees: engine
MATCH (n)
UNWIND keys(n) AS property
WITH n, property
WHERE valueType(n[property]) CONTAINS 'FLOAT'
WITH 'A FLOAT is stored in ' + head(labels(n)) + '.' + property AS name, coalesce(n.id, n.key, elementId(n)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
