// Make record types, or change those there are; ids stay, and so does a parent type.
// sees: engine
UNWIND $types AS wanted
MERGE (type:RecordType {key: wanted.key})
ON CREATE SET type.id = wanted.id
SET type.name = wanted.name, type.label = wanted.label, type.definition = wanted.definition
WITH collect([type, wanted.parent]) AS written
UNWIND written AS pair
WITH pair[0] AS type, pair[1] AS parent_key
CALL (type, parent_key) {
  MATCH (parent:RecordType {key: parent_key})
  MERGE (type)-[:CHILD_OF]->(parent)
}
RETURN count(type) AS count
