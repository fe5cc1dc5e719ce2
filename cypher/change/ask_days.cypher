// Ask that the own part of every open goal be worked out anew whose query has dates relative to today.
// sees: engine
MATCH (query:RollupQuery)<-[:FILTERED_BY]-(g:Goal)
WHERE query.movesWithTheDay AND g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
WITH DISTINCT g
WITH g
WHERE NOT columns.asked(g)
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
