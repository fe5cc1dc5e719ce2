// Tell a tree's root when, and up to which revision, its tree was calculated.
// sees: engine
MATCH (root:Goal {id: $root})
SET root.calculatedAt = $now, root.seen = $seen, root.calculatingUntil = null
RETURN count(*) AS count
