// A field profile, new or with new values.
// sees: engine
MERGE (p:FieldProfile {id: $id})
SET p += $properties
RETURN p.id AS id
