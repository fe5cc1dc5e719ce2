// Delete the records of a type with these external ids.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (r:Record {type: $type, externalId: external_id})
DETACH DELETE r
RETURN count(*) AS count
