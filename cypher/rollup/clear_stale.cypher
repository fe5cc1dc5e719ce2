// The numbers of these goals and all below them contain every change of their definition.
// sees: engine
MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.stale
SET g.stale = null
RETURN count(*) AS count
