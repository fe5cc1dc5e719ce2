// A goal and the goals below it that the viewer can reach, parents first; of each, how many children are hidden.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (top:Goal {id: $id})
WHERE visible.goal(top)
WITH viewer, top, visible.all_below(top) AS covered
// Unbounded: a tree has any depth. It stops at a hidden goal.
MATCH path = (top)((:Goal)<-[:CHILD_OF]-(step:Goal WHERE visible.covered_goal(step))){0,}(g:Goal)
WITH viewer, covered, g, length(path) AS depth
ORDER BY depth, g.title, g.id
LIMIT $first
RETURN columns.seen_goal(g) AS goal,
  COUNT {
    MATCH (g)<-[:CHILD_OF]-(child:Goal)
    WHERE NOT visible.covered_goal(child)
    RETURN child
  } AS restricted_children,
  columns.goal_queries(g) AS queries
ORDER BY depth, g.title, g.id
