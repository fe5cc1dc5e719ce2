// Put the records below these, which take their currency from them, into base currency; how many did.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (top:Record {type: $type, externalId: external_id})
// Types are chained five deep at most.
MATCH (top)((:Record)<-[:PART_OF]-(step:Record WHERE step.currency IS NULL)){1,4}(r:Record)
WHERE r.inheritedCurrency IS NOT NULL
SET r.inheritedCurrency = null
FOREACH (name IN $amounts[r.type] | SET r[name + 'Base'] = r[name])
RETURN count(DISTINCT r) AS count
