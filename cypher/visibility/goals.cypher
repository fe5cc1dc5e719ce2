// Binds `entity` to each goal the viewer may see, once: from the viewer outwards, so that the cost follows what is visible.
CALL (viewer) {
  WITH viewer
  WHERE viewer.administrator
  MATCH (entity:Goal)
  RETURN entity
  UNION
  WITH viewer
  WHERE NOT viewer.administrator
  MATCH (entity:Goal)-[:MANAGED_BY|OWNED_BY]->(viewer)
  RETURN entity
  UNION
  WITH viewer
  WHERE NOT viewer.administrator
  MATCH (entity:Goal)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer)
  RETURN entity
  UNION
  WITH viewer
  WHERE NOT viewer.administrator
  MATCH (managed:Goal)-[:MANAGED_BY]->(viewer)
  MATCH (managed)((:Goal)<-[:CHILD_OF]-(:Goal)){1,}(entity:Goal)
  WHERE NOT entity.restricted
  RETURN entity
}
