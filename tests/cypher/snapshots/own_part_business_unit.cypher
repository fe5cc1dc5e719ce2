MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND NOT (coalesce(g.endDate < $late, false) AND g.actualOwn IS NOT NULL AND g.customOwn IS NOT NULL)
MATCH (g)-[:OWNED_BY]->(owner:BusinessUnit)
WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL (owner, goal_start, goal_end) {
  CALL (owner) {
    MATCH (owner)((:BusinessUnit)<-[:CHILD_OF]-(:BusinessUnit)){0,}(:BusinessUnit)<-[:IN_UNIT]-(:Owner)<-[:OWNED_BY]-(r:OrderLine)
    RETURN r
    UNION ALL
    MATCH (owner)((:BusinessUnit)<-[:CHILD_OF]-(:BusinessUnit)){0,}(:BusinessUnit)<-[:IN_UNIT]-(:Owner)<-[:OWNED_BY]-(:Order)<-[:PART_OF]-(r:OrderLine)
    WHERE NOT EXISTS { (r)-[:OWNED_BY]->() }
    RETURN r
    UNION ALL
    MATCH (owner)((:BusinessUnit)<-[:CHILD_OF]-(:BusinessUnit)){0,}(:BusinessUnit)<-[:IN_UNIT]-(:Owner)<-[:OWNED_BY]-(:Opportunity)<-[:PART_OF]-(part_1:Order)<-[:PART_OF]-(r:OrderLine)
    WHERE NOT EXISTS { (r)-[:OWNED_BY]->() } AND NOT EXISTS { (part_1)-[:OWNED_BY]->() }
    RETURN r
  }
  MATCH (r)-[:PART_OF]->(above:Order)
  WITH r, goal_start, goal_end, r.shippedDate AS on_shippedDate, above.state AS parent_state, above.status AS parent_status, above.orderDate AS on_parent_orderDate
  WITH CASE WHEN parent_state = $actual_state AND parent_status IN $actual_statuses AND goal_start <= on_parent_orderDate <= goal_end THEN coalesce(r.extendedAmount, 0) END AS actual,
    CASE WHEN parent_state = $custom_state AND goal_start <= on_shippedDate <= goal_end THEN 1 END AS custom
  RETURN sum(actual) AS actual, count(actual) AS actual_count,
    sum(custom) AS custom, count(custom) AS custom_count
}
WITH g, actual, actual_count, custom, custom_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
  OR g.customOwn IS NULL OR g.customOwn <> custom OR g.customOwnCount <> custom_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count, custom: custom, custom_count: custom_count
}) AS rows
