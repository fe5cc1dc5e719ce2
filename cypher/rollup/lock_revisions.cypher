// How often the records that a metric reads and the structure have changed, with no such change under way.
// sees: engine
MATCH (organization:Organization)
SET organization.lock = 0
WITH organization
OPTIONAL MATCH (metric:Metric {id: $metric})
OPTIONAL MATCH (metric)-[:HAS_FIELD]->(:RollupField)-[:READS]->(:RecordType)
  ((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(above:RecordType)
WITH organization, metric, collect(DISTINCT above.key) AS keys
// Queries of its goals may look at records' accounts.
WITH organization, keys + CASE WHEN metric.readsAccounts THEN ['account'] ELSE [] END AS keys
OPTIONAL MATCH (type:RecordType)
WHERE type.key IN keys
WITH organization, type
ORDER BY type.key
SET type.lock = 0
WITH organization, sum(type.revision) AS records
RETURN records + organization.structureRevision AS count
