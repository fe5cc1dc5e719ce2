// How open goals stand before changes are added to their own parts.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
WHERE g.state = 'OPEN'
RETURN g.id AS id, g.endDate < $late_before AS late, g.rollupError IS NOT NULL AS failed,
  [g.actualOwn, g.actualOwnCount, g.inProgressOwn, g.inProgressOwnCount, g.customOwn, g.customOwnCount] AS parts
ORDER BY id
