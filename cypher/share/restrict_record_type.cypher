// Restrict all records of a type, or lift that.
// sees: engine
MATCH (type:RecordType {key: $key})
SET type.restricted = CASE WHEN $restricted THEN true END
RETURN count(*) AS count
