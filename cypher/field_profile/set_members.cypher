// Give a field profile these members in place of those before; how many of them there are.
// sees: engine
MATCH (p:FieldProfile {id: $id})
CALL (p) {
  MATCH (p)<-[link:IN_PROFILE]-(:User)
  DELETE link
}
CALL (p) {
  UNWIND $members AS id
  MATCH (user:User {id: id})
  CREATE (user)-[:IN_PROFILE]->(p)
  RETURN count(*) AS members
}
RETURN members AS count
