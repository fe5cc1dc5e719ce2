// Note how far a run is, or what came of it.
// sees: engine
MATCH (run:RollupRun {id: $id})
WHERE run.state = 'RUNNING'
SET run += $properties
RETURN count(run) AS count
