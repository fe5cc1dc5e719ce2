// Whether one goal is another, or below it.
// sees: engine
MATCH (goal:Goal {id: $id})
MATCH (above:Goal {id: $above})
// Unbounded: a tree has any depth.
RETURN goal = above OR EXISTS { (goal)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(above) } AS found
