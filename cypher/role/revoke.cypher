// Take a role from users; those that there are. The role System Administrator shows on the user.
// sees: engine
MATCH (r:Role {id: $role})
UNWIND $users AS id
MATCH (user:User {id: id})
OPTIONAL MATCH (user)-[link:HAS_ROLE]->(r)
DELETE link
SET user.administrator = CASE WHEN $administrators THEN false ELSE coalesce(user.administrator, false) END
RETURN id
ORDER BY id
