// All users, active or not, by external id: for the host's own commands.
// sees: engine
MATCH (user:User)
RETURN user.externalId AS external_id,
  user.name AS name,
  user.active AS active,
  coalesce(user.administrator, false) AS administrator
ORDER BY external_id
