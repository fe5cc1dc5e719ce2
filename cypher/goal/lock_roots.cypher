// Lock the roots of the trees that these goals are in, in the order of their ids; whoever changes a tree does this first.
// sees: engine
MATCH (g:Goal)
WHERE g.id IN $ids
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
WITH DISTINCT root
ORDER BY root.id
SET root.lock = 0
RETURN root.id AS id
ORDER BY id
