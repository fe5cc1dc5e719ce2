// The rollup queries of a goal, pairs of category and id, by category.
COLLECT {
  MATCH (entity)-[by:FILTERED_BY]->(query:RollupQuery)
  RETURN [by.category, query.id] AS pair
  ORDER BY by.category
}
