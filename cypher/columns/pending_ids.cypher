// The ids of all goals with changes that are not in their numbers yet, and of those above them; `entity` is not looked at.
COLLECT {
  MATCH (change:RollupChange)
  WITH DISTINCT change.goal AS changed_id
  MATCH (concerned:Goal {id: changed_id})
  // Unbounded: a tree has any depth.
  MATCH (concerned)((step:Goal WHERE step.state <> 'CANCELLED')-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
  RETURN DISTINCT above.id
}
