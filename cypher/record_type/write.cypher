// Make record types, or change those there are; ids and revisions stay.
// sees: engine
UNWIND $types AS wanted
MERGE (type:RecordType {key: wanted.key})
ON CREATE SET type.id = wanted.id, type.revision = 0
SET type.name = wanted.name, type.label = wanted.label, type.definition = wanted.definition
RETURN count(type) AS count
