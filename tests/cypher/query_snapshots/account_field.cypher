WITH r, given {.*, c0: toLower(given.c0)} AS asked
WITH *,
  head(COLLECT { MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,2}(:Record)-[:FOR_ACCOUNT]->(there:Record) RETURN there ORDER BY length(path) LIMIT 1 }) AS of_account
WHERE coalesce(toLower(of_account.postalCode) = asked.c0, false)
