WITH r, given AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:OWNED_BY]->(there:Owner) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_owner,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_product_line,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:IN_TERRITORY]->(there:Territory) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_territory
WHERE (coalesce(of_owner = goal_owner, false) OR EXISTS { (of_owner)-[:MEMBER_OF]->(goal_owner) } OR EXISTS { (of_owner)((:User)-[:REPORTS_TO]->(:User)){1,}(goal_owner) } OR EXISTS { (of_owner)-[:IN_UNIT]->(:BusinessUnit)((:BusinessUnit)-[:CHILD_OF]->(:BusinessUnit)){0,}(goal_owner) } OR EXISTS { (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(goal_owner) } OR EXISTS { (of_product_line)((:ProductLine)-[:CHILD_OF]->(:ProductLine)){0,}(goal_owner) })
