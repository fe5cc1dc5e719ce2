// The ids of a goal and all above it, the goal first.
// sees: engine
MATCH (g:Goal {id: $id})
// Unbounded: a tree has any depth.
MATCH path = (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
RETURN above.id AS id
ORDER BY length(path)
