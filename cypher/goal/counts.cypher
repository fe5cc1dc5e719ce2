// How a goal that the viewer may see finds its records: metric, way, queries by category; and what is kept from the viewer.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (g:Goal {id: $goal})-[:MEASURED_BY]->(m:Metric)
WHERE visible.goal(g)
MATCH (g)-[:OWNED_BY]->(owner:Owner)
RETURN columns.metric(m) AS metric,
  CASE
    WHEN g.rollupOnlyFromChildren THEN null
    WHEN g.recordSet = 'ALL' THEN 'ALL'
    WHEN owner.kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    ELSE owner.kind
  END AS holding,
  [(g)-[by:FILTERED_BY]->(query:RollupQuery) | [by.category, query.id]] AS queries,
  CASE WHEN viewer.administrator THEN [] ELSE coalesce(viewer.masked, []) END AS masked
