// Take the rollup queries of these categories off a goal.
// sees: engine
MATCH (g:Goal {id: $id})-[by:FILTERED_BY]->(:RollupQuery)
WHERE by.category IN $categories
DELETE by
RETURN count(*) AS count
