// How goals stand before changes are added to their own parts, and the tree's root they have in common.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
WHERE g.state = 'OPEN'
RETURN g.id AS id, g.endDate AS end_date, g.rollupError IS NOT NULL AS failed,
  [g.actualOwn, g.actualOwnCount, g.inProgressOwn, g.inProgressOwnCount, g.customOwn, g.customOwnCount] AS parts
ORDER BY id
