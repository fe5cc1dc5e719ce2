// The roles that the viewer may see, by name.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (r:Role)
WHERE visible.role(r)
RETURN columns.role(r) AS role
ORDER BY r.name
