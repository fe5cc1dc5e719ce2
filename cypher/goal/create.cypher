// New goals, each linked to its metric, manager and owner; `link_parents` puts them into their tree.
// sees: engine
UNWIND $rows AS row
// Seeks, even if this is planned while the database is all but empty.
MATCH (metric:Metric {id: row.metric})
USING INDEX SEEK metric:Metric(id)
MATCH (manager:User {id: row.manager})
USING INDEX SEEK manager:User(id)
MATCH (owner:Owner {id: row.owner})
USING INDEX SEEK owner:Owner(id)
CREATE (g:Goal {id: row.id, ownedBy: row.owner, createdAt: $now, updatedAt: $now})
SET g += row.properties
CREATE (g)-[:MEASURED_BY]->(metric)
CREATE (g)-[:MANAGED_BY]->(manager)
CREATE (g)-[:OWNED_BY]->(owner)
RETURN count(*) AS count
