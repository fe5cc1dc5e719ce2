// Delete some of the users, or of all else but what remembers the schema; how many nodes.
// sees: engine
MATCH (n)
WHERE NOT n:Migration AND n:User = $users
WITH n
LIMIT $most
DETACH DELETE n
RETURN count(*) AS count
