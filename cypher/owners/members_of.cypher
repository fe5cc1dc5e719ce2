// The members of these teams, by name.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $teams AS id
MATCH (team:Owner {id: id})
WHERE visible.owner(team)
CALL (viewer, team) {
  MATCH (member:User)-[:MEMBER_OF]->(team)
  WHERE visible.owner(member)
  WITH member
  ORDER BY member.name, member.id
  RETURN collect(columns.owner(member)) AS owners
}
RETURN team.id AS id, owners
