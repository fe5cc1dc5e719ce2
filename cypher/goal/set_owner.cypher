// Give a goal another owner.
// sees: engine
MATCH (g:Goal {id: $id})-[link:OWNED_BY]->(:Owner)
MATCH (owner:Owner {id: $owner})
DELETE link
CREATE (g)-[:OWNED_BY]->(owner)
SET g.ownedBy = owner.id
RETURN count(*) AS count
