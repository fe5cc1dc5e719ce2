// The shape of the tree below a goal: its parents with their depth, the ways its goals choose records, how many goals.
// sees: engine
MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH path = (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WITH g, length(path) AS depth, EXISTS { (g)<-[:CHILD_OF]-(:Goal) } AS is_parent,
  head([(g)-[:OWNED_BY]->(owner:Owner) | owner.kind]) AS kind
WITH g, depth, is_parent,
  CASE
    WHEN g.state <> 'OPEN' OR g.rollupOnlyFromChildren THEN null
    WHEN g.recordSet = 'ALL' THEN 'ALL'
    WHEN kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    ELSE kind
  END AS holding
RETURN collect(CASE WHEN is_parent THEN [depth, g.id] END) AS parents,
  collect(DISTINCT holding) AS holdings,
  count(*) AS goals
