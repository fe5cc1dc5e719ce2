// The children of these business units, territories or product lines, by name.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $parents AS id
MATCH (parent:Owner {id: id})
WHERE visible.owner(parent)
CALL (viewer, parent) {
  MATCH (child:Owner)-[:CHILD_OF]->(parent)
  WHERE visible.owner(child)
  WITH child
  ORDER BY child.name, child.id
  RETURN collect(columns.owner(child)) AS owners
}
RETURN parent.id AS id, owners
