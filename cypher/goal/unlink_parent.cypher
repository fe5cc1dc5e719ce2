// Take a goal out from under its parent: it becomes a root and keeps what the old root knew of the last calculation.
// sees: engine
MATCH (g:Goal {id: $id})-[link:CHILD_OF]->(:Goal)
WITH g, link, columns.root_facts(g) AS facts
DELETE link
SET g.calculatedAt = facts[0], g.seen = facts[1]
RETURN count(*) AS count
