// Lock the chains of several record types, by the key of the first type of each.
// sees: engine
MATCH (type:RecordType)
WHERE type.key IN $keys
MATCH (type)((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(top:RecordType)
WHERE NOT EXISTS { (top)-[:CHILD_OF]->(:RecordType) }
WITH DISTINCT top
ORDER BY top.key
SET top.lock = 0
RETURN count(*) AS count
