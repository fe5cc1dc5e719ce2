// Restrict a record, or lift that.
// sees: engine
MATCH (r:Record {id: $id})
SET r.restricted = CASE WHEN $restricted THEN true END
RETURN count(*) AS count
