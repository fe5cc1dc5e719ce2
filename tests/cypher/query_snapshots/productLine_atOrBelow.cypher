WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_product_line
WHERE EXISTS { (of_product_line)((:ProductLine)-[:CHILD_OF]->(:ProductLine)){0,}(one:ProductLine) WHERE one.id IN asked.c0 }
