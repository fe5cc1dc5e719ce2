// Those of these trees whose numbers held until a day before this one. Found by an index: few have such a day.
// sees: engine
MATCH (g:Goal)
WHERE g.holdsUntil < $today
  AND g.endDate >= $ends_from
  AND NOT EXISTS { (g)-[:CHILD_OF]->(:Goal) }
RETURN g.id AS id, g.title AS title
ORDER BY title, id
