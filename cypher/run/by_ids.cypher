// The runs with these ids that the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (run:RollupRun {id: id})
visible.run(run)
RETURN columns.run(run) AS run
