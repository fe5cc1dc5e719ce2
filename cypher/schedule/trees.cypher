// The roots of the trees whose period ends on a day or later.
// sees: engine
MATCH (g:Goal)
WHERE g.endDate >= $ends_from
  AND NOT EXISTS { (g)-[:CHILD_OF]->(:Goal) }
RETURN g.id AS id, g.title AS title
ORDER BY title, id
