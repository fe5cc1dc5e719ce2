// How many administrators may log in.
// sees: engine
MATCH (user:User {active: true})
WHERE user.administrator
RETURN count(user) AS count
