// The active user that a token's subject names.
// sees: engine
MATCH (user:User {externalId: $external_id, active: true})
RETURN user.id AS id, user.externalId AS external_id, user.name AS name, coalesce(user.administrator, false) AS administrator
