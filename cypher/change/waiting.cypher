// For each goal with changes that are not in its numbers yet, the root of its tree; null where the goal is gone.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded IS NULL
WITH change
LIMIT $most
WITH change.goal AS goal, count(CASE WHEN change.recompute THEN 1 END) AS recomputes
OPTIONAL MATCH (g:Goal {id: goal})
// Unbounded: a tree has any depth.
OPTIONAL MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
RETURN root.id AS root, elementId(root) AS node, collect(goal) AS goals, count(CASE WHEN recomputes > 0 THEN 1 END) AS recomputed
ORDER BY root
