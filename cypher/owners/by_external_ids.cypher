// The ids of the owners with these keys, each a kind and an external id.
// sees: engine
UNWIND $keys AS key
MATCH (o:Owner {kind: key[0], externalId: key[1]})
RETURN o.kind AS kind, o.externalId AS external_id, o.id AS id
ORDER BY kind, external_id
