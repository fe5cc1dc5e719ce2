MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND NOT (coalesce(g.endDate < $late, false) AND g.actualOwn IS NOT NULL)
MATCH (g)-[:OWNED_BY]->(owner:User)
WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL (owner, goal_start, goal_end) {
  MATCH (owner)<-[:OWNED_BY]-(r:PhoneCall)
  WITH r, goal_start, goal_end, r.state AS record_state, r.actualEndDate AS on_actualEndDate
  WITH CASE WHEN record_state = $actual_state AND goal_start <= on_actualEndDate <= goal_end THEN 1 END AS actual
  RETURN sum(actual) AS actual, count(actual) AS actual_count
}
WITH g, actual, actual_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count
}) AS rows
