// Ask that the own parts of every open goal that a metric measures be worked out anew.
// sees: engine
MATCH (g:Goal)-[:MEASURED_BY]->(:Metric {id: $metric})
WHERE g.state = 'OPEN'
WITH g
WHERE NOT columns.asked(g)
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
