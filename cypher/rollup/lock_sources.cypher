// Lock what the own parts of a metric's goals are read from, so that no change of it is under way: structure, and families of types.
// sees: engine
OPTIONAL MATCH (organization:Organization)
FOREACH (one IN CASE WHEN organization IS NULL THEN [] ELSE [organization] END | SET one.lock = 0)
WITH count(*) AS locked
OPTIONAL MATCH (:Metric {id: $metric})-[:HAS_FIELD]->(:RollupField)-[:READS]->(:RecordType)
  ((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(above:RecordType)
WHERE NOT EXISTS { (above)-[:CHILD_OF]->(:RecordType) }
// Queries may look at records' accounts.
WITH collect(DISTINCT above.key) + ['account'] AS keys
MATCH (type:RecordType)
WHERE type.key IN keys
WITH type
ORDER BY type.key
SET type.lock = 0
RETURN count(*) AS count
