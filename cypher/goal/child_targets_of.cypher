// What the targets of the children of each of these visible goals add up to, where the viewer may see every child, and targets at all.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $parents AS parent_id
MATCH (parent:Goal {id: parent_id})
WHERE visible.goal(parent)
  AND NOT 'goal.target' IN coalesce(viewer.masked, [])
  AND NOT EXISTS { MATCH (parent)<-[:CHILD_OF]-(child:Goal) WHERE NOT visible.goal(child) }
CALL (parent) {
  MATCH (parent)<-[:CHILD_OF]-(child:Goal)
  WHERE child.state <> 'CANCELLED'
  // In halves: a sum past 64 bits would become a float.
  RETURN sum(coalesce(child.target, 0) / 4294967296) AS high, sum(coalesce(child.target, 0) % 4294967296) AS low
}
RETURN parent_id, high, low
ORDER BY parent_id
