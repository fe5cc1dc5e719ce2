// A record type and those above it, nearest first.
// sees: engine
MATCH path = (:RecordType {key: $key})((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(type)
RETURN type.key AS key, type.name AS name, type.definition AS definition,
  head([(type)-[:CHILD_OF]->(parent:RecordType) | parent.key]) AS parent_type
ORDER BY length(path)
