// Write what a run found changed.
// sees: engine
UNWIND $rows AS row
MATCH (g:Goal {id: row.id})
SET g += row.changes
RETURN count(*) AS count
