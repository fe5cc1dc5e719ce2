// Keeps of the runs `entity` those that `viewer` may see: who may read the settings all, others what they began or whose root they
// see. A clause of its own, because the planner takes seconds for the same as one condition.
CALL (viewer, entity) {
  OPTIONAL MATCH (root:Goal {id: entity.root})
  RETURN CASE WHEN root IS NULL THEN false ELSE visible.goal(root) END AS sees_root
}
WITH *
WHERE sees_root OR viewer.administrator OR viewer.may_read_settings = 4 OR entity.who = viewer.id
