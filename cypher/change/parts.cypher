// These records and all that are parts of them.
// sees: engine
UNWIND $ids AS id
MATCH (top:Record {id: id})
// Types are chained five deep at most.
MATCH (top)((:Record)<-[:PART_OF]-(:Record)){0,4}(r:Record)
RETURN DISTINCT r.id AS id
