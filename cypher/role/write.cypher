// A role, new or with new values.
// sees: engine
MERGE (r:Role {id: $id})
SET r += $properties
RETURN r.id AS id
