// True where `viewer` may see the field profile `entity`: its members, who may read settings, administrators.
(viewer.administrator OR viewer.may_read_settings = 4 OR EXISTS { (viewer)-[:IN_PROFILE]->(entity) })
