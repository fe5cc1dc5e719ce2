// Give a role to users; those that there are. The role System Administrator shows on the user.
// sees: engine
MATCH (r:Role {id: $role})
UNWIND $users AS id
MATCH (user:User {id: id})
MERGE (user)-[:HAS_ROLE]->(r)
SET user.administrator = CASE WHEN $administrators THEN true ELSE coalesce(user.administrator, false) END
RETURN id
ORDER BY id
