// Make roots of a goal's children; each keeps what the old root knew of the last calculation.
// sees: engine
MATCH (g:Goal {id: $id})
WITH g, columns.root_facts(g) AS facts
MATCH (child:Goal)-[link:CHILD_OF]->(g)
DELETE link
SET child.calculatedAt = facts[0], child.seen = facts[1]
RETURN count(*) AS count
