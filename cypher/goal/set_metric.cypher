// Give a goal another metric.
// sees: engine
MATCH (g:Goal {id: $id})-[link:MEASURED_BY]->(:Metric)
MATCH (metric:Metric {id: $metric})
DELETE link
CREATE (g)-[:MEASURED_BY]->(metric)
RETURN count(*) AS count
