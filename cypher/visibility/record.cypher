// True where `viewer` may see the record `entity`: its owner (or a member of the owning team), an administrator. A record
// without an owner of its own has that of the nearest record above that has one.
(viewer.administrator
  OR EXISTS { (entity)-[:OWNED_BY]->(viewer) }
  OR EXISTS { (entity)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) }
  OR (EXISTS { (entity)-[:PART_OF]->(:Record) } AND NOT EXISTS { (entity)-[:OWNED_BY]->(:Owner) } AND EXISTS {
    WITH columns.record_owner(entity) AS holder
    MATCH (holder)<-[:MEMBER_OF]-{0,1}(holding)
    WHERE holding = viewer
    RETURN 1
  }))
