// Whether the viewer's privilege on goals covers those that a user manages.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (manager:User {id: $manager})
RETURN CASE
  WHEN viewer.administrator THEN true
  ELSE coalesce(CASE viewer[$property]
    WHEN 4 THEN true
    WHEN 3 THEN manager = viewer OR viewer.unitPlace <= manager.unitPlace <= viewer.unitLast
    WHEN 2 THEN manager = viewer OR viewer.unitPlace = manager.unitPlace
    WHEN 1 THEN manager = viewer
  END, false)
END AS covered
