// The visible run that was under way for a visible goal's tree at a moment, the newest of several. None lasts a day.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (g:Goal {id: $goal})
WHERE visible.goal(g)
WITH viewer, columns.root(g) AS top
MATCH (run:RollupRun)
WHERE run.startedAt > $at - duration('P1D') AND run.startedAt < $at + duration({milliseconds: 1})
  AND coalesce(run.endedAt, run.aliveUntil) >= $at
  AND (run.root IS NULL OR run.root = top.id)
visible.run(run)
WITH run
ORDER BY run.startedAt DESC, run.id DESC
LIMIT 1
RETURN run.id AS id
