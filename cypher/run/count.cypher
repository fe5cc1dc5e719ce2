// How many runs the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (run:RollupRun)
WHERE ($root IS NULL OR EXISTS {
    MATCH (wanted:Goal {id: run.root})
    WHERE wanted.id = $root AND visible.goal(wanted)
  })
  AND visible.run(run)
RETURN count(run) AS count
