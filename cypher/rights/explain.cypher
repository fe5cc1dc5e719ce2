// Which rules hold for a user and a goal or record, and what the policy says.
// sees: engine
MATCH (viewer:User {id: $user})
CALL (viewer) {
  MATCH (g:Goal {id: $node})
  RETURN true AS is_goal, null AS type, visible.goal(g) AS visible,
    EXISTS { (g)-[:MANAGED_BY]->(viewer) } AS manages,
    EXISTS { (g)-[:OWNED_BY]->(viewer) } AS owns,
    EXISTS { (g)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) } AS in_owning_team,
    EXISTS { (g)-[:SHARED_WITH]->(viewer) } OR EXISTS { (g)-[:SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer) } AS shared,
    g.restricted AS restricted, false AS type_restricted, viewer.may_read_goal AS depth,
    head([(g)-[:MANAGED_BY]->(manager:User) | manager]) AS holder,
    CASE WHEN viewer.parentOnly THEN EXISTS { (g)-[:CHILD_OF]->(:Goal)-[:MANAGED_BY]->(viewer) }
      // Unbounded: a tree has any depth.
      ELSE EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(:Goal)-[:MANAGED_BY]->(viewer) } END AS manages_above
  UNION
  MATCH (r:Record {id: $node})
  RETURN false AS is_goal, r.type AS type, visible.record(r) AS visible,
    false AS manages,
    coalesce(columns.record_owner(r) = viewer, false) AS owns,
    coalesce(columns.record_owner(r) IN COLLECT { MATCH (viewer)-[:MEMBER_OF]->(team:Team) RETURN team }, false) AS in_owning_team,
    EXISTS { (r)-[:SHARED_WITH]->(viewer) } OR EXISTS { (r)-[:SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer) } AS shared,
    coalesce(r.restricted, false) AS restricted, EXISTS { MATCH (:RecordType {key: r.type, restricted: true}) } AS type_restricted,
    coalesce(viewer['may_read_record_' + r.type], viewer.may_read_record) AS depth,
    columns.record_owner(r) AS holder,
    false AS manages_above
}
RETURN is_goal, type, viewer.active AS active, visible, coalesce(viewer.administrator, false) AS administrator, manages, owns,
  in_owning_team, shared, restricted, type_restricted, depth,
  coalesce(CASE depth
    WHEN 4 THEN true
    WHEN 3 THEN viewer.unitPlace <= holder.unitPlace <= viewer.unitLast
    WHEN 2 THEN viewer.unitPlace = holder.unitPlace
  END, false) AS covered,
  manages_above, coalesce(viewer.parentOnly, false) AS parent_only, coalesce(viewer.masked, []) AS masked
