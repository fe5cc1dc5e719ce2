// A tree's numbers hold until a day: an override ends then, or a query with relative dates was asked on it. One property
// for both takes the place of that for overrides alone.
UNWIND ['holdsUntil'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
MATCH (g:Goal)
WHERE g.overridesEnd IS NOT NULL
SET g.holdsUntil = g.overridesEnd, g.overridesEnd = null;
