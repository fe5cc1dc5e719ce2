// Take a goal out from under its parent: it becomes a root and keeps what the old root knew of the tree.
// sees: engine
MATCH (g:Goal {id: $id})-[link:CHILD_OF]->(:Goal)
WITH g, link, columns.root(g) AS former
DELETE link
SET g.calculatedAt = former.calculatedAt, g.foldedAt = former.foldedAt, g.holdsUntil = former.holdsUntil
RETURN count(*) AS count
