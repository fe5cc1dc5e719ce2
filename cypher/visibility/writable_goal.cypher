// True where `viewer` may change the goal `entity`: its manager, or an administrator.
(viewer.administrator OR EXISTS { (entity)-[:MANAGED_BY]->(viewer) })
