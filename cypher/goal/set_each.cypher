// Change stored properties of goals, each its own; a null removes one.
// sees: engine
UNWIND $rows AS row
MATCH (g:Goal {id: row.id})
USING INDEX SEEK g:Goal(id)
SET g += row.properties
RETURN count(*) AS count
