// Delete owners with their links to others. A link to one of them that was made meanwhile makes it fail.
// sees: engine
MATCH (o:Owner)
WHERE o.id IN $ids
OPTIONAL MATCH (o)-[link]->()
DELETE link, o
RETURN count(DISTINCT o) AS count
