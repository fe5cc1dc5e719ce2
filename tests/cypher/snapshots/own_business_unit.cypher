MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND ($only IS NULL OR g.id IN $only)
MATCH (g)-[:OWNED_BY]->(owner:BusinessUnit)
CALL (g, owner) {
  MATCH (owner)((:BusinessUnit)<-[:CHILD_OF]-(:BusinessUnit)){0,}(:BusinessUnit)<-[:IN_UNIT]-(:Owner)<-[:OWNED_BY]-(r:Opportunity)
  WITH r,
    r.state = $actual_state AND g.startDate <= r.actualCloseDate <= g.endDate AS is_actual,
    r.state = $in_progress_state AND r.status IN $in_progress_statuses AND g.startDate <= r.openDate <= g.endDate AS is_in_progress
  WHERE is_actual OR is_in_progress
  RETURN sum(CASE WHEN is_actual THEN r.actualValue END) AS actual,
    count(CASE WHEN is_actual THEN 1 END) AS actual_count,
    sum(CASE WHEN is_in_progress THEN r.estimatedValue END) AS in_progress,
    count(CASE WHEN is_in_progress THEN 1 END) AS in_progress_count
}
WITH g, actual, actual_count, in_progress, in_progress_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
  OR g.inProgressOwn IS NULL OR g.inProgressOwn <> in_progress OR g.inProgressOwnCount <> in_progress_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count, in_progress: in_progress, in_progress_count: in_progress_count
}) AS rows
