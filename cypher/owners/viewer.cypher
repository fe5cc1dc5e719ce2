// The active users that tokens' subjects name.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (user:User {externalId: external_id, active: true})
RETURN user.id AS id, user.externalId AS external_id, user.name AS name, coalesce(user.administrator, false) AS administrator
