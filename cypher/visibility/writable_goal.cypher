// True where `viewer` may change the goal `entity`: its manager, whom it is shared with for writing, administrators; unless it is
// restricted, also who has a role that writes goals at a depth that covers its manager's unit.
CASE
  WHEN viewer.administrator THEN true
  WHEN EXISTS { (entity)-[:MANAGED_BY]->(viewer) } THEN true
  WHEN EXISTS { (entity)-[:SHARED_WITH {writes: true}]->(viewer) } THEN true
  WHEN EXISTS { (entity)-[:SHARED_WITH {writes: true}]->(:Team)<-[:MEMBER_OF]-(viewer) } THEN true
  WHEN entity.restricted THEN false
  WHEN viewer.may_write_goal = 4 THEN true
  WHEN viewer.may_write_goal >= 2 THEN EXISTS {
    (entity)-[:MANAGED_BY]->(holder:User)
    WHERE viewer.unitPlace <= holder.unitPlace
      <= CASE viewer.may_write_goal WHEN 2 THEN viewer.unitPlace ELSE viewer.unitLast END
  }
  ELSE false
END
