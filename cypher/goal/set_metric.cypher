// Give a goal another metric. Its history, in units of the former one, goes: it begins anew.
// sees: engine
MATCH (g:Goal {id: $id})-[link:MEASURED_BY]->(:Metric)
MATCH (metric:Metric {id: $metric})
CALL () {
  MATCH (snapshot:GoalSnapshot)
  WHERE snapshot.goal = $id AND snapshot.day IS NOT NULL
  DELETE snapshot
}
DELETE link
CREATE (g)-[:MEASURED_BY]->(metric)
SET g.changedOn = null
RETURN count(*) AS count
