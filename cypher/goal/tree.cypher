// The viewer's view of the tree below a goal, shallowest first: it stops at a hidden goal.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (root:Goal {id: $root})
WHERE visible.goal(root)
WITH viewer, root, visible.all_below(root) AS covered
// The bound is set to the depth asked for, or 1: 0 is not allowed there.
MATCH path = (root)((above:Goal)<-[:CHILD_OF]-(step:Goal WHERE visible.covered_goal(step))){0,64}(g:Goal)
WITH viewer, root, covered, g, above[-1] AS parent, length(path) AS depth
WHERE depth <= $depth
WITH viewer, root, covered, g, parent, depth
ORDER BY depth, g.title, g.id
LIMIT $first
// Read in one go: each property read singly walks the goal's properties anew. The degree is stored, so no label is named.
WITH viewer, root, covered, g, parent, depth, properties(g) AS stored,
  COUNT { (g)<-[:CHILD_OF]-() } AS children,
  CASE WHEN viewer.administrator THEN 0
    ELSE COUNT { (g)<-[:CHILD_OF]-(child:Goal) WHERE NOT visible.covered_goal(child) } END AS hidden
WITH root, collect([
    depth,
    children - hidden,
    // What hidden children add: never shown; it tells whether a sum and its parts were read on two sides of a commit.
    CASE WHEN hidden > 0 THEN head(COLLECT {
      MATCH (g)<-[:CHILD_OF]-(part:Goal)
      WHERE part.state <> 'CANCELLED' AND NOT visible.covered_goal(part)
      RETURN columns.added_up(part)
    }) END,
    parent.id,
    [name IN $properties | stored[name]],
    CASE WHEN $moments THEN [
      toString(stored.startDate), toString(stored.endDate), toString(stored.overrideEnd),
      stored.overriddenAt.epochMillis, stored.frozenAt.epochMillis,
      stored.createdAt.epochMillis, stored.updatedAt.epochMillis,
      stored.targetChangedAt.epochMillis, stored.descriptionChangedAt.epochMillis, stored.queriesChangedAt.epochMillis
    ] END,
    CASE WHEN $links THEN columns.goal_links(g) END,
    CASE WHEN $queries THEN columns.goal_queries(g) END
  ]) AS goals, collect(viewer)[0] AS viewer
MATCH (root)-[:MEASURED_BY]->(m:Metric)
RETURN goals, columns.metric(m) AS metric, columns.visible_parent(root)[0] AS parent_id,
  columns.root_facts(root) AS root_facts, columns.pending_ids(root) AS pending, columns.withheld(viewer) AS masked
