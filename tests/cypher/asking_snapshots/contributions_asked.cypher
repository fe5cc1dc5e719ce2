MATCH (viewer:User {id: $viewer, active: true})
MATCH (g:Goal {id: $goal})
WHERE visible.goal(g)
MATCH (g)-[:OWNED_BY]->(owner:Team)
MATCH (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(actual_query:RollupQuery)
WHERE $actual_queries[actual_query.id] IS NOT NULL
WITH *, $actual_queries[actual_query.id] AS actual_values
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
WITH viewer, r, head([(r)-[:FOR_ACCOUNT]->(there:Record) | there]) AS of_account
// Without a unit, of the viewer or of the owner, seeing is unknown: not shown, and counted with what is not.
WITH viewer, r, coalesce($open AND visible.record(r) AND (viewer.administrator OR of_account IS NOT NULL AND visible.record(of_account)), false) AS shown
WITH viewer, collect(CASE WHEN shown THEN r END) AS seen, count(CASE WHEN NOT shown THEN 1 END) AS restricted_count
CALL (viewer, seen) {
  UNWIND seen AS r
  WITH viewer, r
  WHERE $after_id IS NULL OR r.name > $after_name OR (r.name = $after_name AND r.id > $after_id)
  WITH viewer, r
  ORDER BY r.name, r.id
  LIMIT $first
  RETURN collect(columns.seen_record(r)) AS records
}
RETURN records, size(seen) AS total_count, restricted_count
