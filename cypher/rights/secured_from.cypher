// The secured fields that the viewer may not read, and not write.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
RETURN CASE WHEN viewer.administrator THEN [] ELSE coalesce(viewer.masked, []) END AS masked,
  CASE WHEN viewer.administrator THEN [] ELSE coalesce(viewer.unwritable, []) END AS unwritable
