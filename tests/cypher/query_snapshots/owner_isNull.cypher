WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:OWNED_BY]->(there:Owner) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_owner
WHERE (of_owner IS NULL)
