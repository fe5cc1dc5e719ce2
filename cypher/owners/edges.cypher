// Every link of one relationship type between owners of one kind: what a search for cycles needs.
// sees: engine
MATCH (child:Owner {kind: $kind})-[link]->(parent:Owner {kind: $kind})
WHERE type(link) = $relationship
RETURN child.externalId AS child, parent.externalId AS parent
ORDER BY child
