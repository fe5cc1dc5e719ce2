WITH r, given {.*, c0: toLower(given.c0)} AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:OWNED_BY]->(there:Owner) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_owner,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:IN_TERRITORY]->(there:Territory) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_territory
WHERE (((of_owner IS NULL) OR NOT ((of_territory IS NOT NULL))) AND coalesce(toLower(r.name) CONTAINS asked.c0, false))
