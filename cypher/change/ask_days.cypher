// Ask that the own part of every open goal be worked out anew whose query has dates relative to today.
// sees: engine
MATCH (query:RollupQuery)<-[:FILTERED_BY]-(g:Goal)
WHERE query.movesWithTheDay AND g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
WITH DISTINCT g
// One that waits already will see this, too: whoever takes it waits for a lock that is ours.
WITH g
WHERE NOT EXISTS {
  MATCH (waiting:RollupChange {goal: g.id})
  WHERE waiting.recompute AND waiting.folded IS NULL AND waiting.run IS NULL
}
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
