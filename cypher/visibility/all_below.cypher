// True where `viewer` may see whatever is below the goal `entity` and not restricted: `covered` in `covered_goal`.
CASE
  WHEN viewer.administrator OR viewer.may_read_goal = 4 THEN true
  WHEN viewer.parentOnly THEN false
  // Unbounded: a tree has any depth.
  ELSE EXISTS { (entity)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(:Goal)-[:MANAGED_BY]->(viewer) }
END
