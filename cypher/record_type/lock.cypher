// A record type under lock: whoever changes its records does this first, and so do rollups that read its revision.
// sees: engine
MATCH (type:RecordType {key: $key})
SET type.lock = 0
RETURN type.key AS key, type.name AS name, type.definition AS definition, type.revision AS revision,
  head([(type)-[:CHILD_OF]->(parent:RecordType) | parent.key]) AS parent_type
