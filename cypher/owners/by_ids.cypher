// The users, teams, business units, territories and product lines with these ids.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (o:Owner {id: id})
WHERE visible.owner(o)
RETURN columns.owner(o) AS owner
