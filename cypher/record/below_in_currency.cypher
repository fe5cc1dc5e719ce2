// The records below these that take their currency from them, as they are stored.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (top:Record {type: $type, externalId: external_id})
// Types are chained five deep at most.
MATCH (top)((:Record)<-[:PART_OF]-(step:Record WHERE step.currency IS NULL)){1,4}(r:Record)
RETURN top.id AS top_id, collect(r {.*, createdAt: null, updatedAt: null}) AS records
ORDER BY top_id
