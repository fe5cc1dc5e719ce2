MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = 'OWNED'
  AND g.id >= $from
  AND g.id < $until
  AND NOT (coalesce(g.endDate < $late, false) AND g.actualOwn IS NOT NULL)
MATCH (g)-[:OWNED_BY]->(owner:Territory)
MATCH (g)-[:OWNED_BY]->(goal_owner:Owner)
MATCH (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(actual_query:RollupQuery)
WHERE $actual_queries[actual_query.id] IS NOT NULL
WITH *, $actual_queries[actual_query.id] AS actual_values
WITH *, g.startDate AS goal_start, g.endDate AS goal_end, actual_values {.*, c0: toLower(actual_values.c0)} AS actual_asked
CALL (owner, goal_start, goal_end, actual_asked, goal_owner) {
  CALL (owner) {
    MATCH (owner)((:Territory)<-[:CHILD_OF]-(:Territory)){0,}(:Territory)<-[:IN_TERRITORY]-(r:OrderLine)
    RETURN r
    UNION ALL
    MATCH (owner)((:Territory)<-[:CHILD_OF]-(:Territory)){0,}(:Territory)<-[:IN_TERRITORY]-(:Order)<-[:PART_OF]-(r:OrderLine)
    WHERE NOT EXISTS { (r)-[:IN_TERRITORY]->() }
    RETURN r
    UNION ALL
    MATCH (owner)((:Territory)<-[:CHILD_OF]-(:Territory)){0,}(:Territory)<-[:IN_TERRITORY]-(:Opportunity)<-[:PART_OF]-(part_1:Order)<-[:PART_OF]-(r:OrderLine)
    WHERE NOT EXISTS { (r)-[:IN_TERRITORY]->() } AND NOT EXISTS { (part_1)-[:IN_TERRITORY]->() }
    RETURN r
  }
  MATCH (r)-[:PART_OF]->(above:Order)
  WITH r, goal_start, goal_end, actual_asked, goal_owner, above.state AS parent_state, above.status AS parent_status, above.orderDate AS on_parent_orderDate
  WHERE (parent_state = $actual_state AND parent_status IN $actual_statuses AND goal_start <= on_parent_orderDate <= goal_end)
  WITH *,
    head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_ACCOUNT]->(there:Record) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_account,
    head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:OWNED_BY]->(there:Owner) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_owner,
    head([(r)-[:PART_OF]->(part:Order) | part]) AS of_parent,
    head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_product_line,
    head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:IN_TERRITORY]->(there:Territory) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_territory
  WITH CASE WHEN parent_state = $actual_state AND parent_status IN $actual_statuses AND goal_start <= on_parent_orderDate <= goal_end AND (coalesce(toLower(of_account.postalCode) = actual_asked.c0, false) AND (coalesce(of_owner = goal_owner, false) OR EXISTS { (of_owner)-[:MEMBER_OF]->(goal_owner) } OR EXISTS { (of_owner)((:User)-[:REPORTS_TO]->(:User)){1,}(goal_owner) } OR EXISTS { (of_owner)-[:IN_UNIT]->(:BusinessUnit)((:BusinessUnit)-[:CHILD_OF]->(:BusinessUnit)){0,}(goal_owner) } OR EXISTS { (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(goal_owner) } OR EXISTS { (of_product_line)((:ProductLine)-[:CHILD_OF]->(:ProductLine)){0,}(goal_owner) }) AND EXISTS { (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(one:Territory) WHERE one.id IN actual_asked.c1 } AND coalesce(actual_asked.c2 <= of_parent.orderDate <= actual_asked.c3, false)) THEN coalesce(r.extendedAmount, 0) END AS actual
  RETURN sum(actual) AS actual, count(actual) AS actual_count
}
WITH g, actual, actual_count
WHERE g.rollupError IS NOT NULL
  OR g.actualOwn IS NULL OR g.actualOwn <> actual OR g.actualOwnCount <> actual_count
RETURN collect({
  id: g.id, actual: actual, actual_count: actual_count
}) AS rows
