// The viewer's view of the tree below a goal, shallowest first: it stops at a hidden goal.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (root:Goal {id: $root})
WHERE visible.goal(root)
// Unbounded: a tree has any depth.
WITH viewer, root, viewer.administrator
  OR EXISTS { (root)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(:Goal)-[:MANAGED_BY]->(viewer) } AS covered
// The bound is set to the depth asked for, or 1: 0 is not allowed there.
MATCH path = (root)((:Goal)<-[:CHILD_OF]-(step:Goal WHERE visible.covered_goal(step))){0,64}(g:Goal)
WITH viewer, root, covered, g, length(path) AS depth
WHERE depth <= $depth
WITH viewer, root, covered, g, depth
ORDER BY depth, g.title, g.id
LIMIT $first
WITH viewer, root, covered, g, depth,
  COUNT { (g)<-[:CHILD_OF]-(:Goal) } AS children,
  CASE WHEN viewer.administrator THEN 0
    ELSE COUNT { (g)<-[:CHILD_OF]-(child:Goal) WHERE NOT visible.covered_goal(child) } END AS hidden
WITH root, collect([
    depth,
    children - hidden,
    // What hidden children add: never shown; it tells whether a sum and its parts were read on two sides of a commit.
    CASE WHEN hidden > 0 THEN head(COLLECT {
      MATCH (g)<-[:CHILD_OF]-(part:Goal)
      WHERE part.state <> 'CANCELLED' AND NOT visible.covered_goal(part)
      RETURN [
        sum(coalesce(part.actualPinned, part.actualOwn + coalesce(part.actualBelow, 0), 0)),
        sum(coalesce(part.inProgressPinned, part.inProgressOwn + coalesce(part.inProgressBelow, 0), 0)),
        sum(coalesce(part.customPinned, part.customOwn + coalesce(part.customBelow, 0), 0))
      ]
    }) END,
    columns.goal(g),
    head([(g)-[:CHILD_OF]->(parent:Goal) | parent.id]),
    CASE WHEN $links THEN columns.goal_links(g) END
  ]) AS goals, collect(viewer)[0] AS viewer
MATCH (root)-[:MEASURED_BY]->(m:Metric)
RETURN goals, columns.metric(m) AS metric, columns.visible_parent(root)[0] AS parent_id,
  columns.root_facts(root) AS root_facts
