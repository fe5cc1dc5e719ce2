// The visible children of each of these goals, by title, after a key, and how many there are.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $parents AS parent_id
MATCH (parent:Goal {id: parent_id})
WHERE visible.goal(parent)
CALL (viewer, parent) {
  MATCH (parent)<-[:CHILD_OF]-(g:Goal)
  WHERE visible.goal(g)
  WITH g
  ORDER BY g.title, g.id
  RETURN collect(g) AS visible_children
}
CALL (visible_children, viewer) {
  UNWIND visible_children AS g
  WITH viewer, g
  WHERE $after_id IS NULL OR g.title > $after_title OR (g.title = $after_title AND g.id > $after_id)
  LIMIT $first
  RETURN collect(columns.seen_goal(g)) AS goals
}
RETURN parent_id, goals, size(visible_children) AS total_count,
  // What hidden children add: never shown; it tells whether a sum and its parts were read on two sides of a commit.
  CASE WHEN COUNT { (parent)<-[:CHILD_OF]-() } > size(visible_children) THEN head(COLLECT {
    MATCH (parent)<-[:CHILD_OF]-(part:Goal)
    WHERE part.state <> 'CANCELLED' AND NOT visible.goal(part)
    RETURN columns.added_up(part)
  }) END AS hidden_sums,
  [parent.actualBelow, parent.inProgressBelow, parent.customBelow] AS sums
ORDER BY parent_id
