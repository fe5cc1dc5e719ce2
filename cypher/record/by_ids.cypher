// The records with these ids that the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (r:Record {id: id})
WHERE visible.record(r)
RETURN columns.seen_record(r) AS record
