// The field profile with this id or, where that is null, with this name in any case.
// sees: engine
MATCH (p:FieldProfile)
WHERE p.id = $id OR ($id IS NULL AND p.nameKey = $name_key)
RETURN columns.field_profile(p) AS profile
