// Change stored properties of a rollup field.
// sees: engine
MATCH (field:RollupField {id: $id})
SET field += $properties
RETURN field.id AS id
