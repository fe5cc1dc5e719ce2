// The owner of the record `entity`, a node: its own, or that of the nearest record above that has one.
head(COLLECT {
  MATCH path = (entity)((:Record)-[:PART_OF]->(:Record)){0,4}(:Record)-[:OWNED_BY]->(owner:Owner)
  RETURN owner
  ORDER BY length(path)
  LIMIT 1
})
