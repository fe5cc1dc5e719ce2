// How far the viewer's privileges reach: of each, the first of its properties that the user has.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
RETURN coalesce(viewer.administrator, false) AS administrator,
  [names IN $properties | head([name IN names WHERE viewer[name] IS NOT NULL | viewer[name]])] AS depths
