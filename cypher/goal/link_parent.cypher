// Put a root below a parent; the tree it joins then knows the older of the two last calculations and the earlier end of overrides.
// sees: engine
MATCH (g:Goal {id: $id})
MATCH (parent:Goal {id: $parent})
// Unbounded: a tree has any depth.
MATCH (parent)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
CREATE (g)-[:CHILD_OF]->(parent)
SET root.calculatedAt = CASE WHEN g.calculatedAt < root.calculatedAt THEN g.calculatedAt
    ELSE coalesce(root.calculatedAt, g.calculatedAt) END,
  root.holdsUntil = CASE WHEN g.holdsUntil < root.holdsUntil THEN g.holdsUntil
    ELSE coalesce(root.holdsUntil, g.holdsUntil) END
SET g.calculatedAt = null, g.foldedAt = null, g.calculatingUntil = null, g.holdsUntil = null
RETURN count(*) AS count
