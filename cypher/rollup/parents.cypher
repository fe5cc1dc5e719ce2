// The goals with children at and below a goal, with their depth.
// sees: engine
MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH path = (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE EXISTS { (g)<-[:CHILD_OF]-(:Goal) }
RETURN g.id AS id, length(path) AS depth
ORDER BY depth, id
