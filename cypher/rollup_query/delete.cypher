// Delete a rollup query. A goal that was given it meanwhile makes it fail.
// sees: engine
MATCH (query:RollupQuery {id: $id})
OPTIONAL MATCH (query)-[queries:QUERIES]->()
DELETE queries, query
RETURN count(*) AS count
