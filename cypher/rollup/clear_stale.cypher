// The numbers of these goals contain every change of their definition.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
SET g.stale = null
RETURN count(*) AS count
