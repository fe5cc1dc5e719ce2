// Make roots of a goal's children; each keeps what the old root knew of the tree.
// sees: engine
MATCH (g:Goal {id: $id})
WITH g, columns.root(g) AS former
MATCH (child:Goal)-[link:CHILD_OF]->(g)
DELETE link
SET child.calculatedAt = former.calculatedAt, child.foldedAt = former.foldedAt, child.holdsUntil = former.holdsUntil
RETURN count(*) AS count
