// The product line of the record `entity`, a node: its own, or that of the nearest record above that has one.
head(COLLECT {
  MATCH path = (entity)((:Record)-[:PART_OF]->(:Record)){0,4}(:Record)-[:FOR_PRODUCT_LINE]->(line:ProductLine)
  RETURN line
  ORDER BY length(path)
  LIMIT 1
})
