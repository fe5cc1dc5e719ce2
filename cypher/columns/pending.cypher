// Whether the goal `entity`, or one below it that counts in it, has changes that are not in its numbers yet.
EXISTS {
  MATCH (change:RollupChange)
  WITH DISTINCT change.goal AS changed_id
  MATCH (concerned:Goal {id: changed_id})
  // Unbounded: a tree has any depth. Upwards, by id: few goals have changes, and a tree may have many goals.
  MATCH (concerned)((step:Goal WHERE step.state <> 'CANCELLED')-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
  WHERE above.id = entity.id
  RETURN 1
}
