// New records with links: a row is id, external id, name, properties, ids of owner, territory, product line, account, parent.
// sees: engine
UNWIND $rows AS row
OPTIONAL MATCH (owner:Owner {id: row[4]})
OPTIONAL MATCH (territory:Owner {id: row[5]})
OPTIONAL MATCH (line:Owner {id: row[6]})
OPTIONAL MATCH (account:Record {id: row[7]})
OPTIONAL MATCH (parent:Record {id: row[8]})
// What is indexed is set at once: each later SET would move the node within its indexes again.
CREATE (r:Record:$($label) {id: row[0], type: $type, externalId: row[1], name: row[2], createdAt: $now, updatedAt: $now})
SET r += row[3]
FOREACH (target IN CASE WHEN owner IS NULL THEN [] ELSE [owner] END | CREATE (r)-[:OWNED_BY]->(target))
FOREACH (target IN CASE WHEN territory IS NULL THEN [] ELSE [territory] END | CREATE (r)-[:IN_TERRITORY]->(target))
FOREACH (target IN CASE WHEN line IS NULL THEN [] ELSE [line] END | CREATE (r)-[:FOR_PRODUCT_LINE]->(target))
FOREACH (target IN CASE WHEN account IS NULL THEN [] ELSE [account] END | CREATE (r)-[:FOR_ACCOUNT]->(target))
FOREACH (target IN CASE WHEN parent IS NULL THEN [] ELSE [parent] END | CREATE (r)-[:PART_OF]->(target))
RETURN count(r) AS count
