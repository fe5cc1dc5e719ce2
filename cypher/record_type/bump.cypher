// Say that records of a type changed.
// sees: engine
MATCH (type:RecordType {key: $key})
SET type.revision = type.revision + 1
RETURN type.revision AS count
