// True where `viewer` may see the record `entity`: its owner (or a member of the owning team), an administrator.
(viewer.administrator
  OR EXISTS { (entity)-[:OWNED_BY]->(viewer) }
  OR EXISTS { (entity)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) })
