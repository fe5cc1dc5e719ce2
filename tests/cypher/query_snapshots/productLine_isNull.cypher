WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_product_line
WHERE (of_product_line IS NULL)
