// Write on users what their rights come to.
// sees: engine
UNWIND $rows AS row
MATCH (user:User {id: row.id})
SET user += row.properties
RETURN count(*) AS count
