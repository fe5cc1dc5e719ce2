// Tell a tree's root when its tree was calculated.
// sees: engine
MATCH (root:Goal {id: $root})
SET root.calculatedAt = $now, root.foldedAt = null, root.calculatingUntil = null
RETURN count(*) AS count
