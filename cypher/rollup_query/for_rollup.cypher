// The rollup queries with these ids, for the rollup.
// sees: engine
MATCH (query:RollupQuery)
WHERE query.id IN $ids
RETURN query.id AS id, query.spec AS spec
