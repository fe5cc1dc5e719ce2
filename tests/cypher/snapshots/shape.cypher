MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WITH g, g.state = 'OPEN' AND g.rollupOnlyFromChildren AS only_children,
  CASE WHEN g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren AND g.recordSet = 'OWNED'
    THEN head([(g)-[:OWNED_BY]->(owner:Owner) | owner.kind]) END AS kind
WITH g, only_children, CASE
    WHEN kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    WHEN kind IS NULL AND g.state = 'OPEN' AND NOT only_children THEN 'ALL'
    ELSE kind END AS holding
RETURN count(*) AS goals,
  collect(DISTINCT CASE WHEN holding IS NOT NULL
    THEN [holding, [(g)-[by:FILTERED_BY]->(query:RollupQuery) | [by.category, query.id]]] END) AS holdings,
  collect(CASE WHEN only_children AND (g.rollupError IS NOT NULL
      OR g.actualOwn IS NULL OR g.actualOwn <> 0 OR g.actualOwnCount <> 0
      OR g.customOwn IS NULL OR g.customOwn <> 0 OR g.customOwnCount <> 0) THEN g.id END) AS without_own,
  collect(CASE WHEN g.lateChanges THEN g.id END) AS late_changes
