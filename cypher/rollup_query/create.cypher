// A new rollup query over records of a type.
// sees: engine
MATCH (type:RecordType {key: $record_type})
CREATE (query:RollupQuery {id: $id})-[:QUERIES]->(type)
SET query += $properties
RETURN query.id AS id
