MATCH (viewer:User {id: $viewer, active: true})
MATCH (g:Goal {id: $goal})
WHERE visible.goal(g)
MATCH (g)-[:OWNED_BY]->(owner:User)
WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL (owner, goal_start, goal_end) {
  MATCH (owner)<-[:OWNED_BY]-(r:Opportunity)
  WITH r, goal_start, goal_end, r.state AS record_state, r.actualCloseDate AS on_actualCloseDate
  WITH *
  WHERE record_state = $actual_state AND goal_start <= on_actualCloseDate <= goal_end
  RETURN r
}
WITH viewer, r
// Without a unit, of the viewer or of the owner, seeing is unknown: not shown, and counted with what is not.
WITH viewer, r, coalesce($open AND visible.record(r), false) AS shown
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
