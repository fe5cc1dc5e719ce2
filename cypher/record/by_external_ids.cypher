// The ids of the records of a type with these external ids.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (r:Record {type: $type, externalId: external_id})
RETURN r.externalId AS external_id, r.id AS id
ORDER BY external_id
