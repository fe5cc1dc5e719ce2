// Goals that do not have exactly one metric, manager and owner, or have more than one parent, or queries that do not fit.
// sees: engine
MATCH (g:Goal)
UNWIND [
  ['one metric', COUNT { (g)-[:MEASURED_BY]->() } = 1 AND EXISTS { (g)-[:MEASURED_BY]->(:Metric) }],
  ['one manager, a user', COUNT { (g)-[:MANAGED_BY]->() } = 1 AND EXISTS { (g)-[:MANAGED_BY]->(:User) }],
  ['one owner', COUNT { (g)-[:OWNED_BY]->() } = 1 AND EXISTS { (g)-[:OWNED_BY]->(:Owner) }],
  ['at most one parent, a goal', COUNT { (g)-[:CHILD_OF]->() } <= 1
    AND COUNT { (g)-[:CHILD_OF]->() } = COUNT { (g)-[:CHILD_OF]->(:Goal) }],
  ['at most one query for a category', COUNT { (g)-[:FILTERED_BY]->() } = COUNT {
    MATCH (g)-[by:FILTERED_BY]->(:RollupQuery)
    RETURN DISTINCT by.category
  }],
  ['queries over what its metric reads', NOT EXISTS {
    MATCH (g)-[by:FILTERED_BY]->(query:RollupQuery)
    WHERE NOT EXISTS {
      MATCH (g)-[:MEASURED_BY]->(:Metric)-[:HAS_FIELD]->(field:RollupField)-[:READS]->(:RecordType)<-[:QUERIES]-(query)
      WHERE field.category = by.category
    }
  }]
] AS rule
WITH g, rule
WHERE NOT rule[1]
WITH 'A goal has not ' + rule[0] AS name, coalesce(g.id, elementId(g)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
