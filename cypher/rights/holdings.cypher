// The roles and field profiles of these users, or of all, and what they came to before.
// sees: engine
UNWIND CASE WHEN $users IS NULL THEN COLLECT { MATCH (u:User) RETURN u }
  ELSE COLLECT { UNWIND $users AS id MATCH (u:User {id: id}) RETURN u } END AS user
RETURN user.id AS id, coalesce(user.administrator, false) AS administrator,
  COLLECT { MATCH (user)-[:HAS_ROLE]->(r:Role) RETURN r.id ORDER BY r.id } AS roles,
  COLLECT { MATCH (user)-[:IN_PROFILE]->(p:FieldProfile) RETURN p.id ORDER BY p.id } AS profiles,
  [name IN keys(user) WHERE name STARTS WITH 'may_' OR name IN ['masked', 'unwritable', 'parentOnly']
    | [name, user[name]]] AS compiled
ORDER BY id
