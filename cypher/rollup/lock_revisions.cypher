// How often the records that a metric reads and the structure have changed, with no such change under way.
// sees: engine
MATCH (organization:Organization)
SET organization.lock = 0
WITH organization
OPTIONAL MATCH (:Metric {id: $metric})-[:HAS_FIELD]->(:RollupField)-[:READS]->(:RecordType)
  ((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(type:RecordType)
WITH DISTINCT organization, type
ORDER BY type.key
SET type.lock = 0
WITH organization, sum(type.revision) AS records
RETURN records + organization.structureRevision AS count
