// The goal or record with this id, if the viewer may see it, and whether the viewer may share or restrict it.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
CALL (viewer) {
  MATCH (g:Goal {id: $id})
  WHERE visible.goal(g)
  WITH g, visible.goal_operations(g) AS operations
  RETURN g.id AS id, true AS is_goal, operations
  UNION
  MATCH (r:Record {id: $id})
  WHERE visible.record(r)
  WITH r, visible.record_operations(r) AS operations
  RETURN r.id AS id, false AS is_goal, operations
}
RETURN id, is_goal, 'share' IN operations AS may_share, 'write' IN operations AS may_restrict
