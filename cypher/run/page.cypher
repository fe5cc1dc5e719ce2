// One page of the runs that the viewer may see, newest first, after a key.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (run:RollupRun)
WHERE ($after_at IS NULL OR run.startedAt < $after_at OR (run.startedAt = $after_at AND run.id < $after_id))
visible.run(run)
WITH viewer, run
ORDER BY run.startedAt DESC, run.id DESC
LIMIT $first
RETURN columns.run(run) AS run
ORDER BY run.started_at DESC, run.id DESC
