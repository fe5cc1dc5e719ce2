// Take back the shares of a goal or record with these users and teams.
// sees: engine
CALL () {
  MATCH (g:Goal {id: $id})
  RETURN g AS node
  UNION
  MATCH (r:Record {id: $id})
  RETURN r AS node
}
MATCH (node)-[share:SHARED_WITH]->(target:Owner)
WHERE target.id IN $targets
DELETE share
RETURN count(*) AS count
