// What the viewer may do with each of these goals that it may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $goals AS goal_id
MATCH (g:Goal {id: goal_id})
WHERE visible.goal(g)
RETURN goal_id, visible.goal_operations(g) AS operations
ORDER BY goal_id
