// Mark the changes of the goals at and below one that a run is going to have in what it reads.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded IS NULL
WITH DISTINCT change.goal AS id
MATCH (g:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
WHERE above.id = $root
WITH DISTINCT g
MATCH (change:RollupChange {goal: g.id})
WHERE change.folded IS NULL
SET change.run = $run
RETURN count(change) AS count
