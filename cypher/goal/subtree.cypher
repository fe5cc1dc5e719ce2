// The goals strictly below one: what the rules on periods and closing look at.
// sees: engine
MATCH (goal:Goal {id: $id})
// Unbounded: a tree has any depth.
MATCH (goal)((:Goal)<-[:CHILD_OF]-(:Goal)){1,}(g:Goal)
RETURN g.id AS id, g.state AS state, g.startDate AS start_date, g.endDate AS end_date,
  head([(g)-[:CHILD_OF]->(parent:Goal) | parent.id]) AS parent_id
ORDER BY id
