// How many runs the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (run:RollupRun)
visible.run(run)
RETURN count(run) AS count
