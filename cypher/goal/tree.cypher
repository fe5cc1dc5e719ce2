// The viewer's view of the tree below a goal, shallowest first; it stops at a hidden goal. `torn`: read across a commit.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (root:Goal {id: $root})
WHERE visible.goal(root)
// The bound is set to the depth asked for, or 1: 0 is not allowed there.
MATCH path = (root)((:Goal)<-[:CHILD_OF]-(step:Goal WHERE visible.goal(step))){0,64}(g:Goal)
WITH viewer, root, g, length(path) AS depth
WHERE depth <= $depth
WITH viewer, root, g, depth
ORDER BY depth, g.title, g.id
LIMIT $first
WITH root, collect([depth, COUNT { (g)<-[:CHILD_OF]-(child:Goal) WHERE visible.goal(child) }]
    + columns.goal(g) + columns.goal_links(g)
    + CASE depth WHEN 0 THEN columns.visible_parent(g) ELSE [(g)-[:CHILD_OF]->(parent:Goal) | parent.id] END) AS goals,
  sum(CASE WHEN columns.tear(g) THEN 1 ELSE 0 END) AS tears
RETURN goals, columns.root_facts(root) AS root_facts, tears > 0 AS torn
