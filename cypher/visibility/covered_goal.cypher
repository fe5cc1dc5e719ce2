// `visible.goal` for the goal `entity` at or below a goal of which `covered` holds `visible.all_below`: where that is true, no
// path upwards needs a look.
CASE
  WHEN viewer.administrator THEN true
  WHEN covered AND NOT entity.restricted THEN true
  WHEN EXISTS { (entity)-[:MANAGED_BY|OWNED_BY|SHARED_WITH]->(viewer) } THEN true
  WHEN EXISTS { (entity)-[:OWNED_BY|SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer) } THEN true
  WHEN entity.restricted THEN false
  WHEN viewer.may_read_goal >= 2 AND EXISTS {
    (entity)-[:MANAGED_BY]->(holder:User)
    WHERE viewer.unitPlace <= holder.unitPlace
      <= CASE viewer.may_read_goal WHEN 2 THEN viewer.unitPlace ELSE viewer.unitLast END
  } THEN true
  WHEN viewer.parentOnly THEN EXISTS { (entity)-[:CHILD_OF]->(:Goal)-[:MANAGED_BY]->(viewer) }
  ELSE EXISTS { (entity)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(:Goal)-[:MANAGED_BY]->(viewer) }
END
