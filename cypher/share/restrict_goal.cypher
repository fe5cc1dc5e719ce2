// Restrict a goal and all below it; or lift that from the goal alone.
// sees: engine
MATCH (top:Goal {id: $id})
// Unbounded: a tree has any depth.
MATCH (top)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE $restricted OR g = top
WITH g
ORDER BY g.id
SET g.restricted = $restricted
RETURN count(*) AS count
