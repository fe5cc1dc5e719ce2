// What each of these visible goals came to from day to day, oldest first; the last of it is what the goal comes to now.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (g:Goal {id: id})
WHERE visible.goal(g)
// The goal first: what is committed meanwhile then adds a snapshot of what it still is here, which is left out below.
WITH viewer, id, properties(g) AS stored
// A day that has not come is of another time zone, which the organization had.
WITH viewer, id, stored, CASE WHEN stored.changedOn > $today THEN $today ELSE stored.changedOn END AS since
RETURN id AS goal_id, viewer.masked AS masked, COLLECT {
    MATCH (snapshot:GoalSnapshot)
    WHERE snapshot.goal = id AND snapshot.day < since
    WITH snapshot
    ORDER BY snapshot.day
    RETURN [toString(snapshot.day), snapshot.actual, snapshot.inProgress, snapshot.custom, snapshot.recordCount,
      snapshot.target, snapshot.stretchTarget, snapshot.state]
  } + CASE WHEN since IS NULL THEN [] ELSE [[toString(since)] + columns.worth(stored)] END AS snapshots
ORDER BY goal_id
