WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:IN_TERRITORY]->(there:Territory) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_territory
WHERE EXISTS { (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(one:Territory) WHERE one.id IN asked.c0 }
