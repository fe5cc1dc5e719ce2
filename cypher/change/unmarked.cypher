// The goals at and below one with changes that came while a run was reading: they are read again.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded IS NULL AND coalesce(change.run <> $run, true)
WITH DISTINCT change.goal AS id
MATCH (g:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
WHERE above.id = $root
RETURN DISTINCT g.id AS id
ORDER BY id
