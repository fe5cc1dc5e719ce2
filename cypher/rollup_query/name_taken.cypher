// Whether another rollup query has this name, without regard to case.
// sees: engine
MATCH (query:RollupQuery {nameKey: $name_key})
WHERE query.id <> $id
RETURN count(query) AS count
