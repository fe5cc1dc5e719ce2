// The goals of which a user sees the total and can compute the part of one hidden contributor; by title.
// sees: engine
MATCH (viewer:User {externalId: $user, active: true})
visible.goals(g)
WITH viewer, g,
  COUNT { (g)<-[:CHILD_OF]-(child:Goal) WHERE child.state <> 'CANCELLED' AND NOT visible.goal(child) } = 1 AS one_child,
  [category IN ['actual', 'inProgress', 'custom'] WHERE g[category + 'OwnCount'] = 1] AS single
WHERE (one_child OR size(single) > 0) AND NOT 'goal.actual' IN coalesce(viewer.masked, [])
RETURN g.id AS id, g.title AS title, one_child, single
ORDER BY title, id
