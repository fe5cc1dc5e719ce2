// Say of these goals and all above them that their numbers are older than their definition.
// sees: engine
UNWIND $ids AS id
MATCH (g:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
WHERE above.state = 'OPEN'
WITH DISTINCT above
SET above.stale = true
RETURN count(*) AS count
