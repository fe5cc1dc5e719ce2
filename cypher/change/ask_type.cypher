// Ask that the own part of every open goal that counts records of a type, or of one below it, be worked out anew.
// sees: engine
MATCH (:RecordType {key: $key})((:RecordType)<-[:CHILD_OF]-(:RecordType)){0,4}(:RecordType)
  <-[:READS]-(:RollupField)<-[:HAS_FIELD]-(metric:Metric)
WITH DISTINCT metric
MATCH (g:Goal)-[:MEASURED_BY]->(metric)
WHERE g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
// One that waits already will see this, too: whoever takes it waits for a lock that is ours.
WITH g
WHERE NOT EXISTS {
  MATCH (waiting:RollupChange {goal: g.id})
  WHERE waiting.recompute AND waiting.folded IS NULL AND waiting.run IS NULL
}
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
