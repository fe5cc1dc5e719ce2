// What the rules on changing goals need to know of each of these goals, and whether the viewer may see and change it.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (g:Goal {id: id})
OPTIONAL MATCH (g)-[:CHILD_OF]->(parent:Goal)
RETURN [columns.goal(g)] + columns.goal_links(g) + [parent.id] + columns.root_facts(g) + [columns.pending(g)] AS goal,
  visible.goal(g) AS visible,
  visible.writable_goal(g) AS writable,
  visible.goal_operations(g) AS operations,
  // Unbounded: a tree has any depth.
  EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(closed:Goal WHERE closed.state <> 'OPEN') } AS below_closed,
  EXISTS { (g)<-[:CHILD_OF]-(:Goal) } AS has_children,
  parent IS NULL OR visible.writable_goal(parent) AS parent_writable,
  [(g)-[by:FILTERED_BY]->(:RollupQuery)-[:QUERIES]->(type:RecordType) | [by.category, type.key]] AS queries
