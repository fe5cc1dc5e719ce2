// Ask that the own parts of every open goal that a metric measures be worked out anew.
// sees: engine
MATCH (g:Goal)-[:MEASURED_BY]->(:Metric {id: $metric})
WHERE g.state = 'OPEN'
// One that waits already will see this, too: whoever takes it waits for a lock that is ours.
WITH g
WHERE NOT EXISTS {
  MATCH (waiting:RollupChange {goal: g.id})
  WHERE waiting.recompute AND waiting.folded IS NULL AND waiting.run IS NULL
}
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
