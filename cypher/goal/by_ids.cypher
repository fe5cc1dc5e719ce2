// The goals with these ids that the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (g:Goal {id: id})
WHERE visible.goal(g)
RETURN columns.seen_goal(g) AS goal
