// A new rollup field of a metric.
// sees: engine
MATCH (m:Metric {id: $metric})
MATCH (type:RecordType {key: $record_type})
CREATE (m)-[:HAS_FIELD]->(field:RollupField {id: $id})-[:READS]->(type)
SET field += $properties
RETURN field.id AS id
