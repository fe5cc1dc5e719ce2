// True where `viewer` may see the record `entity`: its owner (or a member of the owning team), whom it is shared with,
// administrators; unless it is restricted, also who has a role that reads its type at a depth that covers its owner's unit. A
// record without an owner of its own has that of the nearest record above that has one.
CASE
  WHEN viewer.administrator THEN true
  WHEN EXISTS { (entity)-[:OWNED_BY|SHARED_WITH]->(viewer) } THEN true
  WHEN EXISTS { (entity)-[:OWNED_BY|SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer) } THEN true
  WHEN EXISTS {
    MATCH (entity)((part:Record WHERE NOT EXISTS { (part)-[:OWNED_BY]->() })-[:PART_OF]->(:Record)){1,4}(:Record)
      -[:OWNED_BY]->(holder:Owner)
    WHERE holder = viewer OR EXISTS { (holder)<-[:MEMBER_OF]-(viewer) }
  } THEN true
  WHEN entity.restricted THEN false
  ELSE CASE coalesce(viewer['may_read_record_' + entity.type], viewer.may_read_record)
    WHEN 4 THEN true
    WHEN 3 THEN viewer.unitPlace <= columns.record_owner(entity).unitPlace <= viewer.unitLast
    WHEN 2 THEN viewer.unitPlace = columns.record_owner(entity).unitPlace
    ELSE false
  END
END
