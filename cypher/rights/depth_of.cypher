// How far the viewer's privilege reaches: the first of these properties that the user has.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
RETURN coalesce(viewer.administrator, false) AS administrator,
  head([name IN $properties WHERE viewer[name] IS NOT NULL | viewer[name]]) AS depth
