// What the root of the tree of the goal `entity` knows of its last calculation and of what ends it; moments in milliseconds. Unbounded: any depth.
head(COLLECT {
  MATCH (entity)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(top:Goal)
  WHERE NOT EXISTS { (top)-[:CHILD_OF]->(:Goal) }
  RETURN [
    coalesce(CASE WHEN top.foldedAt > top.calculatedAt THEN top.foldedAt ELSE top.calculatedAt END, top.foldedAt)
      .epochMillis,
    top.calculatingUntil.epochMillis, toString(top.holdsUntil)
  ]
})
