// True where `viewer` may see the role `entity`: who has it, who may read settings, administrators.
(viewer.administrator OR viewer.may_read_settings = 4 OR EXISTS { (viewer)-[:HAS_ROLE]->(entity) })
