// The goals at and below each of these, parents before their children, and whether the viewer may see and change each.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (top:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH path = (top)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
// Where one of them is below another, the longer way puts it behind all that is above it.
WITH viewer, g, max(length(path)) AS depth
ORDER BY depth, g.title, g.id
LIMIT $first
RETURN [columns.goal(g)] + columns.goal_links(g)
    + [head([(g)-[:CHILD_OF]->(parent:Goal) | parent.id])] + columns.root_facts(g) + [columns.pending(g)] AS goal,
  visible.goal(g) AS visible,
  visible.writable_goal(g) AS writable
ORDER BY depth, g.title, g.id
