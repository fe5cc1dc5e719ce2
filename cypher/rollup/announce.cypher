// Say on a tree's root that a run is under way, until a moment at which it is over or dead.
// sees: engine
MATCH (root:Goal {id: $root})
SET root.calculatingUntil = $until
RETURN count(*) AS count
