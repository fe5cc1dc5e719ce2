// `visible.goal` for the goal `entity` at or below a goal of which `covered` says whether the viewer manages it or one above
// it: then every goal below is visible that is not restricted, and no path upwards needs a look.
(viewer.administrator
  OR (covered AND NOT entity.restricted)
  OR EXISTS { (entity)-[:MANAGED_BY|OWNED_BY]->(viewer) }
  OR EXISTS { (entity)-[:OWNED_BY]->(:Team)<-[:MEMBER_OF]-(viewer) }
  OR (NOT covered AND NOT entity.restricted
    AND EXISTS { (entity)((:Goal)-[:CHILD_OF]->(:Goal)){1,}()-[:MANAGED_BY]->(viewer) }))
