// What the root of the goal `entity` knows of the tree's last calculation. Unbounded: a tree has any depth.
head(COLLECT {
  MATCH (entity)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
  WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
  RETURN [root.calculatedAt, root.seen, root.calculatingUntil]
})
