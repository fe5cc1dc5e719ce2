// A new goal, linked to its metric, manager, owner and, if it has one, parent.
// sees: engine
MATCH (metric:Metric {id: $metric})
MATCH (manager:User {id: $manager})
MATCH (owner:Owner {id: $owner})
CREATE (g:Goal {id: $id, createdAt: $now, updatedAt: $now})
SET g += $properties
CREATE (g)-[:MEASURED_BY]->(metric)
CREATE (g)-[:MANAGED_BY]->(manager)
CREATE (g)-[:OWNED_BY]->(owner)
WITH g
CALL (g) {
  MATCH (parent:Goal {id: $parent})
  CREATE (g)-[:CHILD_OF]->(parent)
}
RETURN DISTINCT g.id AS id
