// The records of a type with these external ids as they are stored, with what they link to, for comparison with a batch.
// sees: engine
// The times of a record are left out: temporal values are dear on the wire, and a batch says nothing of them.
UNWIND $external_ids AS external_id
MATCH (r:Record {type: $type, externalId: external_id})
WITH r
ORDER BY external_id
RETURN collect([
  r {.*, createdAt: null, updatedAt: null},
  head([(r)-[:OWNED_BY]->(owner:Owner) | owner.id]),
  head([(r)-[:IN_TERRITORY]->(territory:Territory) | territory.id]),
  head([(r)-[:FOR_PRODUCT_LINE]->(line:ProductLine) | line.id]),
  head([(r)-[:FOR_ACCOUNT]->(account:Record) | account.id]),
  head([(r)-[:PART_OF]->(parent:Record) | parent.id])
]) AS records
