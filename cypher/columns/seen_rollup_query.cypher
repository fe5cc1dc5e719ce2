// Everything shown of a visible rollup query, as graph.rollup_query.RollupQueryRow.read takes it: also whether a goal uses it that
// the viewer sees. Of hidden goals nothing is said.
[columns.rollup_query(entity), EXISTS { (entity)<-[:FILTERED_BY]-(user:Goal) WHERE visible.goal(user) }]
