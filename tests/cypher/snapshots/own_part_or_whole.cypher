MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND NOT (coalesce(g.endDate < $late, false) AND g.actualOwn IS NOT NULL AND g.inProgressOwn IS NOT NULL)
MATCH (g)-[:OWNED_BY]->(owner:User)
WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL (owner, goal_start, goal_end) {
  CALL (owner) {
    MATCH (owner)<-[:OWNED_BY]-(r:Order)
    RETURN r
    UNION ALL
    MATCH (owner)<-[:OWNED_BY]-(:Opportunity)<-[:PART_OF]-(r:Order)
    WHERE NOT EXISTS { (r)-[:OWNED_BY]->() }
    RETURN r
  }
  OPTIONAL MATCH (r)-[:PART_OF]->(above:Opportunity)
  WITH r, goal_start, goal_end, r.state AS record_state, r.orderDate AS on_orderDate, above.state AS parent_state, above.status AS parent_status, above.actualCloseDate AS on_parent_actualCloseDate
  WITH CASE WHEN record_state = $actual_state AND goal_start <= on_orderDate <= goal_end THEN coalesce(r.totalAmount, 0) END AS actual,
    CASE WHEN parent_state = $in_progress_state AND parent_status IN $in_progress_statuses AND goal_start <= on_parent_actualCloseDate <= goal_end THEN coalesce(r.totalAmount, 0) END AS in_progress
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
