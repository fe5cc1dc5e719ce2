// What records add to the own parts of open goals, by goal, category and query; `pairs` where a query has yet to decide.
// sees: engine
UNWIND $records AS record
MATCH (r:Record {id: record[0]})
WITH r, record[1] AS new, head([(r)-[:PART_OF]->(part:Record) | part]) AS above
// A record without a link of its own has that of the nearest record above.
WITH r, new, above,
  head(COLLECT {
    MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,4}(:Record)-[:OWNED_BY]->(there:Owner)
    RETURN there
    ORDER BY length(path)
    LIMIT 1
  }) AS of_owner,
  head(COLLECT {
    MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,4}(:Record)-[:IN_TERRITORY]->(there:Territory)
    RETURN there
    ORDER BY length(path)
    LIMIT 1
  }) AS of_territory,
  head(COLLECT {
    MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){0,4}(:Record)-[:FOR_PRODUCT_LINE]->(there:ProductLine)
    RETURN there
    ORDER BY length(path)
    LIMIT 1
  }) AS of_line
// Each goal once, however many ways a record is its. Unbounded paths: structure trees have any depth.
CALL (of_owner, of_territory, of_line) {
  MATCH (g:Goal {ownedBy: of_owner.id})
  WHERE g.recordSet = 'OWNED'
  RETURN g
  UNION
  MATCH (of_owner)-[:MEMBER_OF]->(team:Team)
  MATCH (g:Goal {ownedBy: team.id})
  WHERE g.recordSet = 'OWNED' AND g.includeTeamMembers
  RETURN g
  UNION
  MATCH (of_owner)-[:IN_UNIT]->(:BusinessUnit)((:BusinessUnit)-[:CHILD_OF]->(:BusinessUnit)){0,}(unit:BusinessUnit)
  MATCH (g:Goal {ownedBy: unit.id})
  WHERE g.recordSet = 'OWNED'
  RETURN g
  UNION
  MATCH (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(territory:Territory)
  MATCH (g:Goal {ownedBy: territory.id})
  WHERE g.recordSet = 'OWNED'
  RETURN g
  UNION
  MATCH (of_line)((:ProductLine)-[:CHILD_OF]->(:ProductLine)){0,}(line:ProductLine)
  MATCH (g:Goal {ownedBy: line.id})
  WHERE g.recordSet = 'OWNED'
  RETURN g
  UNION
  MATCH (g:Goal {recordSet: 'ALL'})
  USING INDEX g:Goal(recordSet)
  RETURN g
}
WITH r, new, above, g
WHERE g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
MATCH (g)-[:MEASURED_BY]->(metric:Metric)
WITH r, new, above, g, metric.id AS metric
UNWIND $fields AS field
WITH r, new, above, g, field, field.metric = metric AND field.record_type = r.type AS reads
WHERE reads
WITH r, new, g, field,
  CASE WHEN field.state_from_parent THEN above ELSE r END AS stated,
  CASE WHEN field.date_from_parent THEN above ELSE r END AS dated
WHERE stated.state = field.state
  AND (field.statuses IS NULL OR stated.status IN field.statuses)
  AND g.startDate <= dated[field.date] <= g.endDate
WITH r, new, g, field.category AS category, field.amount AS name
WITH g, category, r,
  CASE WHEN name IS NULL THEN 1 ELSE coalesce(r[name], 0) END AS amount,
  CASE WHEN name IS NULL THEN 1 ELSE coalesce(new[name], r[name], 0) END AS new_amount,
  head([(g)-[by:FILTERED_BY]->(query:RollupQuery) WHERE by.category = category | query.id]) AS query
// Halves of this size add up exactly in any practical number: high x 2^32 + low.
RETURN g.id AS goal, category, query,
  sum(amount / 4294967296) AS high, sum(amount % 4294967296) AS low,
  sum(new_amount / 4294967296) AS new_high, sum(new_amount % 4294967296) AS new_low, count(*) AS count,
  collect(CASE WHEN query IS NOT NULL THEN [r.id, r.type, amount, new_amount] END) AS pairs
