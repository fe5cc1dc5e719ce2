// A record type under lock, with all types of its chain: whoever changes records of one of them does this first.
// sees: engine
MATCH (type:RecordType {key: $key})((:RecordType)-[:CHILD_OF]->(:RecordType)){0,4}(top:RecordType)
WHERE NOT EXISTS { (top)-[:CHILD_OF]->(:RecordType) }
// What a record counts for can follow from the one it is part of: types in a chain have one lock, that of the first.
SET top.lock = 0
RETURN type.key AS key, type.name AS name, type.definition AS definition,
  head([(type)-[:CHILD_OF]->(parent:RecordType) | parent.key]) AS parent_type
