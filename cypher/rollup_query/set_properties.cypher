// Change stored properties of a rollup query.
// sees: engine
MATCH (query:RollupQuery {id: $id})
SET query += $properties
RETURN query.id AS id
