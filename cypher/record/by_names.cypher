// The external ids of the records of a type that have these names: several where a name is ambiguous.
// sees: engine
UNWIND $names AS name
MATCH (r:Record {type: $type, name: name})
RETURN name, collect(r.externalId)[0..2] AS external_ids
ORDER BY name
