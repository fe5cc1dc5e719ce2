// The external ids of the owners of a kind that have these names: several where a name is ambiguous.
// sees: engine
UNWIND $names AS name
MATCH (o:Owner {kind: $kind, name: name})
RETURN name, collect(o.externalId)[0..2] AS external_ids
ORDER BY name
