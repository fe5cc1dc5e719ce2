// Delete a goal and what hangs on it alone.
// sees: engine
MATCH (g:Goal {id: $id})
DETACH DELETE g
RETURN count(*) AS count
