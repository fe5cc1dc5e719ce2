// The role with this id or, where that is null, with this name in any case.
// sees: engine
MATCH (r:Role)
WHERE r.id = $id OR ($id IS NULL AND r.nameKey = $name_key)
RETURN columns.role(r) AS role
