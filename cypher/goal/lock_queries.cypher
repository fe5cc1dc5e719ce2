// Lock the rollup queries with these ids, in their order; the record type of each.
// sees: engine
MATCH (query:RollupQuery)
WHERE query.id IN $ids
WITH query
ORDER BY query.id
SET query.lock = 0
RETURN query.id AS id, head([(query)-[:QUERIES]->(type:RecordType) | type.key]) AS record_type
ORDER BY id
