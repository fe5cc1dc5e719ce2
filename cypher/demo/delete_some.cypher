// Delete some of all that the database holds, but for what remembers its schema; how many nodes.
// sees: engine
MATCH (n)
WHERE NOT n:Migration
WITH n
LIMIT $most
DETACH DELETE n
RETURN count(*) AS count
