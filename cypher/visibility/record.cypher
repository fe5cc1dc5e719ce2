// True where `viewer` may see the record `entity`: its owner (or a member of the owning team), an administrator. A record
// without an owner of its own has that of the nearest record above that has one.
(viewer.administrator
  OR EXISTS { (entity)-[:OWNED_BY]->(viewer) }
  OR EXISTS { (entity)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) }
  OR EXISTS {
    MATCH (entity)((part:Record WHERE NOT EXISTS { (part)-[:OWNED_BY]->() })-[:PART_OF]->(:Record)){1,4}(:Record)
      -[:OWNED_BY]->(owner:Owner)
    WHERE owner = viewer OR EXISTS { (owner)<-[:MEMBER_OF]-(viewer) }
  })
