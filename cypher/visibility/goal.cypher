// True where `viewer` may see the goal `entity`: the first line that applies says. Restricted goals are seen by their manager,
// their owner, whom they are shared with and administrators; all others also by who has a role for it, and by the managers of
// the goals above (or of the one above, where the organization says so). Unbounded: a tree has any depth, and one parent a goal.
CASE
  WHEN viewer.administrator THEN true
  WHEN EXISTS { (entity)-[:MANAGED_BY|OWNED_BY|SHARED_WITH]->(viewer) } THEN true
  WHEN EXISTS { (entity)-[:OWNED_BY|SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer) } THEN true
  WHEN entity.restricted THEN false
  WHEN viewer.may_read_goal = 4 THEN true
  WHEN viewer.may_read_goal >= 2 AND EXISTS {
    (entity)-[:MANAGED_BY]->(holder:User)
    WHERE viewer.unitPlace <= holder.unitPlace
      <= CASE viewer.may_read_goal WHEN 2 THEN viewer.unitPlace ELSE viewer.unitLast END
  } THEN true
  WHEN viewer.parentOnly THEN EXISTS { (entity)-[:CHILD_OF]->(:Goal)-[:MANAGED_BY]->(viewer) }
  ELSE EXISTS { (entity)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(:Goal)-[:MANAGED_BY]->(viewer) }
END
