// The root of the tree that the goal `entity` is in. Unbounded: a tree has any depth.
head(COLLECT {
  MATCH (entity)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(top:Goal)
  WHERE NOT EXISTS { (top)-[:CHILD_OF]->(:Goal) }
  RETURN top
})
