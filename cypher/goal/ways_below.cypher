// The ways in which a visible goal and all that counts in it find records, each with its queries by category.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (top:Goal {id: $goal})
WHERE visible.goal(top)
// Unbounded: a tree has any depth.
MATCH (top)((:Goal)<-[:CHILD_OF]-(step:Goal WHERE step.state <> 'CANCELLED')){0,}(g:Goal)
WHERE NOT g.rollupOnlyFromChildren
MATCH (g)-[:OWNED_BY]->(owner:Owner)
WITH DISTINCT CASE
    WHEN g.recordSet = 'ALL' THEN 'ALL'
    WHEN owner.kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    ELSE owner.kind
  END AS holding,
  [(g)-[by:FILTERED_BY]->(query:RollupQuery) | [by.category, query.id]] AS queries
RETURN collect([holding, queries]) AS ways
