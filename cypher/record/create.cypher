// New records of a type with their links: each row is its properties and the ids of owner, territory, product line, account.
// sees: engine
UNWIND $rows AS row
OPTIONAL MATCH (owner:Owner {id: row[1]})
OPTIONAL MATCH (territory:Owner {id: row[2]})
OPTIONAL MATCH (line:Owner {id: row[3]})
OPTIONAL MATCH (account:Record {id: row[4]})
CREATE (r:Record:$($label))
SET r = row[0], r.createdAt = $now, r.updatedAt = $now
FOREACH (target IN CASE WHEN owner IS NULL THEN [] ELSE [owner] END | CREATE (r)-[:OWNED_BY]->(target))
FOREACH (target IN CASE WHEN territory IS NULL THEN [] ELSE [territory] END | CREATE (r)-[:IN_TERRITORY]->(target))
FOREACH (target IN CASE WHEN line IS NULL THEN [] ELSE [line] END | CREATE (r)-[:FOR_PRODUCT_LINE]->(target))
FOREACH (target IN CASE WHEN account IS NULL THEN [] ELSE [account] END | CREATE (r)-[:FOR_ACCOUNT]->(target))
RETURN count(r) AS count
