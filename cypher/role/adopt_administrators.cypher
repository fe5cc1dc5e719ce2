// Give the role with this name to every user that is an administrator without it.
// sees: engine
MATCH (r:Role {nameKey: $name_key})
MATCH (user:User {administrator: true})
WHERE NOT EXISTS { (user)-[:HAS_ROLE]->(r) }
CREATE (user)-[:HAS_ROLE]->(r)
RETURN count(*) AS count
