// What kind of owner an id names, and whether it is one that can still be given goals.
// sees: engine
MATCH (owner:Owner {id: $id})
RETURN owner.id AS id, owner.kind AS kind, coalesce(owner.active, owner.kind <> 'USER') AS active
