// Lock a rollup query while its rules are checked and it changes, or is given to a goal; its columns.
// sees: engine
MATCH (query:RollupQuery {id: $id})
SET query.lock = 0
WITH query
RETURN [columns.rollup_query(query), EXISTS { (query)<-[:FILTERED_BY]-(:Goal) }] AS query
