// Delete a metric and its rollup fields.
// sees: engine
MATCH (m:Metric {id: $id})
OPTIONAL MATCH (m)-[:HAS_FIELD]->(field:RollupField)
DETACH DELETE m, field
RETURN count(*) AS count
