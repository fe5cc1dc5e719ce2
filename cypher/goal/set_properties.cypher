// Change stored properties of goals; a null removes one.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
SET g += $properties
RETURN count(*) AS count
