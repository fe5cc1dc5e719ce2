// All business units, with the unit above and the places as stored.
// sees: engine
MATCH (u:BusinessUnit)
RETURN u.id AS id, head([(u)-[:CHILD_OF]->(parent:BusinessUnit) | parent.id]) AS parent_id,
  u.unitPlace AS place, u.unitLast AS last
ORDER BY id
