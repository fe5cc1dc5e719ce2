// Let a user log in no more.
// sees: engine
MATCH (user:User {id: $user})
SET user.active = false
RETURN count(user) AS count
