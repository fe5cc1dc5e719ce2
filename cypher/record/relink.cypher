// Put the link of one type that records have elsewhere, or remove it where there is no new target.
// sees: engine
UNWIND $links AS pair
MATCH (r:Record {id: pair[0]})
CALL (r) {
  MATCH (r)-[link]->()
  WHERE type(link) = $relationship
  DELETE link
}
CALL (r, pair) {
  MATCH (target:Owner {id: pair[1]})
  CREATE (r)-[:$($relationship)]->(target)
}
CALL (r, pair) {
  MATCH (target:Record {id: pair[1]})
  CREATE (r)-[:$($relationship)]->(target)
}
RETURN count(r) AS count
