// Note what a change adds to the own parts of goals, or which of them must be worked out anew. No goal is touched.
// sees: engine
UNWIND $rows AS row
CREATE (change:RollupChange {goal: row.goal})
SET change += row, change.at = datetime.realtime(), change.batch = $batch
RETURN count(*) AS count
