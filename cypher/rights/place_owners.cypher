// Write on these users and teams, or on all, the places of their business units.
// sees: engine
UNWIND CASE WHEN $owners IS NULL THEN COLLECT { MATCH (o:User|Team) RETURN o }
  ELSE COLLECT { UNWIND $owners AS id MATCH (o:Owner {id: id}) RETURN o } END AS owner
WITH owner, head([(owner)-[:IN_UNIT]->(unit:BusinessUnit) | [unit.unitPlace, unit.unitLast]]) AS places
WHERE coalesce(owner.unitPlace, -1) <> coalesce(places[0], -1) OR coalesce(owner.unitLast, -1) <> coalesce(places[1], -1)
SET owner.unitPlace = places[0], owner.unitLast = places[1]
RETURN count(*) AS count
