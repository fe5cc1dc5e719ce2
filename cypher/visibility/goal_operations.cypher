// What `viewer` may do with the goal `entity`, beside seeing it: operations as graph.rights.Operation names them.
[operation IN ['write', 'delete', 'assign', 'share', 'recalculate', 'override'] WHERE CASE
  WHEN viewer.administrator THEN true
  WHEN EXISTS { (entity)-[:MANAGED_BY]->(viewer) } THEN true
  WHEN operation = 'write' THEN visible.writable_goal(entity)
  WHEN entity.restricted THEN false
  ELSE CASE viewer['may_' + operation + '_goal']
    WHEN 4 THEN true
    WHEN 3 THEN EXISTS { (entity)-[:MANAGED_BY]->(holder:User) WHERE viewer.unitPlace <= holder.unitPlace <= viewer.unitLast }
    WHEN 2 THEN EXISTS { (entity)-[:MANAGED_BY]->(holder:User) WHERE viewer.unitPlace = holder.unitPlace }
    ELSE false
  END
END]
