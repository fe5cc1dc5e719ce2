MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND ($only IS NULL OR g.id IN $only)
MATCH (g)-[:OWNED_BY]->(owner:User)
CALL (g, owner) {
  MATCH (owner)<-[:OWNED_BY]-(r:PhoneCall)
  WITH r,
    r.state = $actual_state AND g.startDate <= r.actualEndDate <= g.endDate AS is_actual
  WHERE is_actual
  RETURN sum(CASE WHEN is_actual THEN 1 END) AS actual,
    count(CASE WHEN is_actual THEN 1 END) AS actual_count
}
WITH g, actual, actual_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count
}) AS rows
