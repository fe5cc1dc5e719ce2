// Lock the roots of trees, in the order of their ids; whoever changes a tree does this first.
// sees: engine
MATCH (root:Goal)
// Not by their ids: a statement that writes locks what it seeks in the index of a unique key, and who finds nothing there
// waits for all others who look, as they for it.
WHERE elementId(root) IN $nodes
WITH root
ORDER BY root.id
SET root.lock = 0
RETURN count(*) AS count
