// Give a goal another manager.
// sees: engine
MATCH (g:Goal {id: $id})-[link:MANAGED_BY]->(:User)
MATCH (manager:User {id: $manager})
DELETE link
CREATE (g)-[:MANAGED_BY]->(manager)
RETURN count(*) AS count
