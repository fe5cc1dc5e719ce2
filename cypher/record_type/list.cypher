// The record types with these keys, or all of them, by key.
// sees: engine
MATCH (type:RecordType)
WHERE $keys IS NULL OR type.key IN $keys
RETURN type.key AS key, type.name AS name, type.definition AS definition,
  head([(type)-[:CHILD_OF]->(parent:RecordType) | parent.key]) AS parent_type
ORDER BY key
