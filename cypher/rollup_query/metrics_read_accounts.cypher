// Say of the metrics of all goals that a rollup query filters that their numbers depend on records' accounts.
// sees: engine
MATCH (:RollupQuery {id: $id})<-[:FILTERED_BY]-(:Goal)-[:MEASURED_BY]->(metric:Metric)
WITH DISTINCT metric
ORDER BY metric.id
SET metric.readsAccounts = true
RETURN count(*) AS count
