// Delete a rollup field.
// sees: engine
MATCH (field:RollupField {id: $id})
DETACH DELETE field
RETURN count(*) AS count
