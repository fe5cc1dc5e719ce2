// True where `viewer` may see the goal `entity`: its manager, its owner (or a member of the owning team), an administrator;
// unless it is restricted also the managers of its ancestors. Unbounded: a tree has any depth, and one parent per goal.
(viewer.administrator
  OR EXISTS { (entity)-[:MANAGED_BY|OWNED_BY]->(viewer) }
  OR EXISTS { (entity)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) }
  OR (NOT entity.restricted AND EXISTS { (entity)((:Goal)-[:CHILD_OF]->(:Goal)){1,}()-[:MANAGED_BY]->(viewer) }))
