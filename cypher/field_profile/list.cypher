// The field profiles that the viewer may see, by name.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (p:FieldProfile)
WHERE visible.field_profile(p)
RETURN columns.field_profile(p) AS profile
ORDER BY p.name
