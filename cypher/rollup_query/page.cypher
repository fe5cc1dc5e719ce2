// The rollup queries that the viewer may see, by name, after a key; and how many there are.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
CALL (viewer) {
  MATCH (query:RollupQuery)
  WHERE visible.rollup_query(query)
    AND ($search IS NULL OR query.nameKey CONTAINS $search)
    AND ($record_type IS NULL OR EXISTS { (query)-[:QUERIES]->(:RecordType {key: $record_type}) })
  RETURN collect(query) AS queries
}
CALL (viewer, queries) {
  UNWIND queries AS query
  WITH viewer, query
  WHERE $after_name IS NULL OR query.nameKey > $after_name
  WITH viewer, query
  ORDER BY query.nameKey
  LIMIT $first
  RETURN collect(columns.seen_rollup_query(query)) AS page
}
RETURN page AS queries, size(queries) AS total_count
