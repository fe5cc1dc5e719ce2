// The numbers of these goals contain what came after their time.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
SET g.lateChanges = null
RETURN count(*) AS count
