// One page of the records of a type that the viewer may see and that match the filter, by name; and how many match.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
CALL (viewer) {
  MATCH (r:Record {type: $type})
  WHERE visible.record(r)
    AND ($states IS NULL OR r.state IN $states)
    AND ($search IS NULL OR toLower(r.name) CONTAINS toLower($search))
    AND ($owner IS NULL OR columns.record_owner(r).id = $owner)
  RETURN count(r) AS total_count
}
CALL (viewer) {
  MATCH (r:Record {type: $type})
  WHERE visible.record(r)
    AND ($states IS NULL OR r.state IN $states)
    AND ($search IS NULL OR toLower(r.name) CONTAINS toLower($search))
    AND ($owner IS NULL OR columns.record_owner(r).id = $owner)
    AND ($after_id IS NULL OR r.name > $after_name OR (r.name = $after_name AND r.id > $after_id))
  WITH viewer, r
  ORDER BY r.name, r.id
  LIMIT $first
  RETURN collect(columns.seen_record(r)) AS records
}
RETURN records, total_count
