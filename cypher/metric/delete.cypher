// Delete a metric and its rollup fields. A goal that was measured by it meanwhile makes it fail.
// sees: engine
MATCH (m:Metric {id: $id})
OPTIONAL MATCH (m)-[has:HAS_FIELD]->(field:RollupField)
OPTIONAL MATCH (field)-[reads:READS]->()
DELETE has, reads, field, m
RETURN count(*) AS count
