// The visible ancestors of each of these visible goals, nearest first, ending before the first hidden one.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $goals AS goal_id
MATCH (goal:Goal {id: goal_id})
WHERE visible.goal(goal)
CALL (viewer, goal) {
  // Unbounded: a tree has any depth, and each goal one parent.
  MATCH path = (goal)((:Goal)-[:CHILD_OF]->(step:Goal WHERE visible.goal(step))){1,}(ancestor:Goal)
  WITH viewer, ancestor, length(path) AS distance
  ORDER BY distance
  RETURN collect(columns.seen_goal(ancestor)) AS goals
}
RETURN goal_id, goals
ORDER BY goal_id
