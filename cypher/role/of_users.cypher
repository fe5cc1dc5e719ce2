// The roles of each of these users: the viewer's own, and of everybody for who may see all roles.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $users AS id
MATCH (user:User {id: id})
WHERE user = viewer OR viewer.administrator OR viewer.may_read_settings = 4
RETURN id, COLLECT {
  MATCH (user)-[:HAS_ROLE]->(r:Role)
  WHERE visible.role(r)
  RETURN columns.role(r)
  ORDER BY r.name
} AS roles
ORDER BY id
