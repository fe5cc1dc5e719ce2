// The rollup queries with these ids that the viewer may see.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (query:RollupQuery)
WHERE query.id IN $ids AND visible.rollup_query(query)
RETURN columns.seen_rollup_query(query) AS query
