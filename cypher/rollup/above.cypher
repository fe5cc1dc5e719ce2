// The goals with children at and above these, with their depth in the tree.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
WITH DISTINCT above
WHERE EXISTS { (above)<-[:CHILD_OF]-(:Goal) }
MATCH path = (above)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
RETURN above.id AS id, length(path) AS depth, above.rollupError IS NOT NULL AND above.state = 'OPEN' AS failed
ORDER BY depth, id
