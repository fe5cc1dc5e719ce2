MATCH (viewer:User {id: $viewer, active: true})
MATCH (top:Goal {id: $goal})
WHERE visible.goal(top)
CALL (top) {
  // Unbounded: a tree has any depth.
  MATCH (top)((above:Goal)<-[:CHILD_OF]-(step:Goal WHERE step.state <> 'CANCELLED')){0,}(g:Goal)
  WHERE NOT g.rollupOnlyFromChildren
    AND g.recordSet = 'OWNED'
    AND all(one IN above + [g] WHERE one = top OR one.actualPinned IS NULL)
    AND NOT EXISTS { (g)-[:FILTERED_BY {category: 'IN_PROGRESS'}]->(:RollupQuery) }
  MATCH (g)-[:OWNED_BY]->(owner:User)
  MATCH (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(actual_query:RollupQuery)
  WHERE $actual_queries_0[actual_query.id] IS NOT NULL
  WITH *, $actual_queries_0[actual_query.id] AS actual_values
  WITH *, g.startDate AS goal_start, g.endDate AS goal_end, actual_values {.*, c0: toLower(actual_values.c0)} AS actual_asked
  CALL (owner, goal_start, goal_end, actual_asked) {
    MATCH (owner)<-[:OWNED_BY]-(r:Opportunity)
    WITH r, goal_start, goal_end, actual_asked, r.state AS record_state, r.actualCloseDate AS on_actualCloseDate
    WHERE (record_state = $actual_state AND goal_start <= on_actualCloseDate <= goal_end)
    WITH *,
      head([(r)-[:FOR_ACCOUNT]->(there:Record) | there]) AS of_account
    WITH *
    WHERE record_state = $actual_state AND goal_start <= on_actualCloseDate <= goal_end AND coalesce(toLower(of_account.postalCode) = actual_asked.c0, false)
    RETURN r
  }
  RETURN r
  UNION ALL
  // Unbounded: a tree has any depth.
  MATCH (top)((above:Goal)<-[:CHILD_OF]-(step:Goal WHERE step.state <> 'CANCELLED')){0,}(g:Goal)
  WHERE NOT g.rollupOnlyFromChildren
    AND g.recordSet = 'ALL'
    AND all(one IN above + [g] WHERE one = top OR one.actualPinned IS NULL)
  WITH *, g.startDate AS goal_start, g.endDate AS goal_end
  CALL (goal_start, goal_end) {
    MATCH (r:Opportunity)
    WHERE goal_start <= r.actualCloseDate <= goal_end
    WITH r, goal_start, goal_end, r.state AS record_state, r.actualCloseDate AS on_actualCloseDate
    WITH *
    WHERE record_state = $actual_state AND goal_start <= on_actualCloseDate <= goal_end
    RETURN r
  }
  RETURN r
}
WITH r, count(*) AS times
WHERE times > 1
WITH count(r) AS records, [sum(((coalesce(r.actualValueBase, 0) * (times - 1))) / 4294967296), sum(((coalesce(r.actualValueBase, 0) * (times - 1))) % 4294967296)] AS pair
RETURN records, pair[0] AS high, pair[1] AS low
