// Tell the roots of goals' trees until which day their numbers hold by themselves; from the next day on the tree is stale.
// sees: engine
MATCH (organization:Organization)
UNWIND $goals AS id
MATCH (goal:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (goal)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
WITH DISTINCT organization, root
// The first override of an open goal to end. Found by an index: few have an end. (In a subquery of its own, min() of
// nothing leaves the property as it was.)
OPTIONAL MATCH (g:Goal)
WHERE g.overrideEnd IS NOT NULL
  AND g.state = 'OPEN'
  AND (g = root OR EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(root) })
WITH organization, root, min(g.overrideEnd) AS first_end,
  // Queries with relative dates were asked on the day of the last run.
  EXISTS {
    MATCH (query:RollupQuery)<-[:FILTERED_BY]-(asking:Goal)
    WHERE query.movesWithTheDay
      AND asking.state = 'OPEN'
      AND (asking = root OR EXISTS { (asking)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(root) })
  } AS moves
WITH root, first_end, CASE WHEN moves
  THEN date(datetime({datetime: root.calculatedAt, timezone: organization.timeZone})) END AS asked_on
SET root.holdsUntil = CASE WHEN asked_on < first_end OR first_end IS NULL THEN asked_on ELSE first_end END
RETURN count(*) AS count
