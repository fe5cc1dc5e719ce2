// Share a goal or record with users and teams, for writing too or not; with how many.
// sees: engine
CALL () {
  MATCH (g:Goal {id: $id})
  RETURN g AS node
  UNION
  MATCH (r:Record {id: $id})
  RETURN r AS node
}
UNWIND $targets AS target_id
MATCH (target:User|Team {id: target_id})
MERGE (node)-[share:SHARED_WITH]->(target)
SET share.writes = $can_write
RETURN count(*) AS count
