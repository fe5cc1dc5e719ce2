// Ask that the own part of every open goal that counts records of a type, or of one below it, be worked out anew.
// sees: engine
MATCH (:RecordType {key: $key})((:RecordType)<-[:CHILD_OF]-(:RecordType)){0,4}(:RecordType)
  <-[:READS]-(:RollupField)<-[:HAS_FIELD]-(metric:Metric)
WITH DISTINCT metric
MATCH (g:Goal)-[:MEASURED_BY]->(metric)
WHERE g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
WITH g
WHERE NOT columns.asked(g)
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
