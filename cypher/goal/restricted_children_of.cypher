// How many children of each of these visible goals the viewer may not see: a count, declared as shown.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $parents AS parent_id
MATCH (parent:Goal {id: parent_id})
WHERE visible.goal(parent)
RETURN parent_id, COUNT { (parent)<-[:CHILD_OF]-(child:Goal) WHERE NOT visible.goal(child) } AS count
ORDER BY parent_id
