MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND NOT (coalesce(g.endDate < $late, false) AND g.actualOwn IS NOT NULL AND g.inProgressOwn IS NOT NULL)
MATCH (g)-[:OWNED_BY]->(owner:Territory)
WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL (owner, goal_start, goal_end) {
  MATCH (owner)((:Territory)<-[:CHILD_OF]-(:Territory)){0,}(:Territory)<-[:IN_TERRITORY]-(r:Opportunity)
  WITH r, goal_start, goal_end, r.state AS record_state, r.status AS record_status, r.actualCloseDate AS on_actualCloseDate, r.openDate AS on_openDate
  WITH CASE WHEN record_state = $actual_state AND goal_start <= on_actualCloseDate <= goal_end THEN coalesce(r.actualValue, 0) END AS actual,
    CASE WHEN record_state = $in_progress_state AND record_status IN $in_progress_statuses AND goal_start <= on_openDate <= goal_end THEN coalesce(r.estimatedValue, 0) END AS in_progress
  RETURN sum(actual) AS actual, count(actual) AS actual_count,
    sum(in_progress) AS in_progress, count(in_progress) AS in_progress_count
}
WITH g, actual, actual_count, in_progress, in_progress_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
  OR g.inProgressOwn IS NULL OR g.inProgressOwn <> in_progress OR g.inProgressOwnCount <> in_progress_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count, in_progress: in_progress, in_progress_count: in_progress_count
}) AS rows
