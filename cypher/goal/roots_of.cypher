// The roots of the trees that these goals are in.
// sees: engine
MATCH (g:Goal)
WHERE g.id IN $ids
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
WITH DISTINCT root
RETURN root.id AS id, elementId(root) AS node
ORDER BY id
