// One page of the owners of a kind whose name contains a text, by name, after a key; and how many there are.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
CALL (viewer) {
  MATCH (o:Owner {kind: $kind})
  WHERE visible.owner(o) AND ($search IS NULL OR toLower(o.name) CONTAINS toLower($search))
  RETURN count(o) AS total_count
}
CALL (viewer) {
  MATCH (o:Owner {kind: $kind})
  WHERE visible.owner(o) AND ($search IS NULL OR toLower(o.name) CONTAINS toLower($search))
    AND ($after_id IS NULL OR o.name > $after_name OR (o.name = $after_name AND o.id > $after_id))
  WITH o
  ORDER BY o.name, o.id
  LIMIT $first
  RETURN collect(columns.owner(o)) AS owners
}
RETURN owners, total_count
