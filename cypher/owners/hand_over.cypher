// Give all goals that a user manages to another user; their ids.
// sees: engine
MATCH (successor:User {id: $successor})
MATCH (g:Goal)-[link:MANAGED_BY]->(:User {id: $user})
DELETE link
CREATE (g)-[:MANAGED_BY]->(successor)
SET g.updatedAt = $now
RETURN g.id AS id
ORDER BY id
