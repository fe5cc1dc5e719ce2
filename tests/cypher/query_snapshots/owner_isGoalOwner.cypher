WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:OWNED_BY]->(there:Owner) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_owner,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_product_line,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:IN_TERRITORY]->(there:Territory) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_territory
WHERE (coalesce(of_owner = goal_owner, false) OR EXISTS { (of_owner)-[:IN_UNIT]->(goal_owner) } OR coalesce(of_territory = goal_owner, false) OR coalesce(of_product_line = goal_owner, false))
