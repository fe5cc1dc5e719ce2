// The metric of a goal, for the rollup.
// sees: engine
MATCH (:Goal {id: $goal})-[:MEASURED_BY]->(m:Metric)
RETURN columns.metric(m) AS metric
