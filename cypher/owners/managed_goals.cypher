// The ids of the goals that a user manages.
// sees: engine
MATCH (g:Goal)-[:MANAGED_BY]->(:User {id: $user})
RETURN g.id AS id
ORDER BY id
