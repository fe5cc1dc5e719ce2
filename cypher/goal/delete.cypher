// Delete a goal, its history and what else hangs on it alone.
// sees: engine
MATCH (g:Goal {id: $id})
CALL () {
  MATCH (snapshot:GoalSnapshot)
  WHERE snapshot.goal = $id AND snapshot.day IS NOT NULL
  DELETE snapshot
}
DETACH DELETE g
RETURN count(*) AS count
