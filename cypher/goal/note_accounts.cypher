// Tell the metrics of these goals that their totals depend on accounts, where a query looks at them.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})-[:FILTERED_BY]->(query:RollupQuery)
WHERE query.readsAccounts
MATCH (g)-[:MEASURED_BY]->(metric:Metric)
// Written once: whoever writes a metric waits for its other users.
WHERE metric.readsAccounts IS NULL
WITH DISTINCT metric
SET metric.readsAccounts = true
RETURN count(*) AS count
