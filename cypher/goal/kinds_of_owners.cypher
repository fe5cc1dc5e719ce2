// What kind of owner each id names, and whether it is one that can still be given goals.
// sees: engine
UNWIND $ids AS id
MATCH (owner:Owner {id: id})
RETURN owner.id AS id, owner.kind AS kind, coalesce(owner.active, owner.kind <> 'USER') AS active
