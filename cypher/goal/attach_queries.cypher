// Give goals rollup queries: goal, category, query.
// sees: engine
UNWIND $rows AS row
MATCH (g:Goal {id: row.goal})
USING INDEX SEEK g:Goal(id)
MATCH (query:RollupQuery {id: row.query})
USING INDEX SEEK query:RollupQuery(id)
CREATE (g)-[:FILTERED_BY {category: row.category}]->(query)
RETURN count(*) AS count
