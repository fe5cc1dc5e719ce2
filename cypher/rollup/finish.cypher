// The tree's numbers are now those of this run: tell the root, and take back what said otherwise.
// sees: engine
MATCH (root:Goal {id: $root})
SET root.calculatedAt = $now, root.seen = $seen, root.calculatingUntil = null
WITH root
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.stale
SET g.stale = null
RETURN count(*) AS count
