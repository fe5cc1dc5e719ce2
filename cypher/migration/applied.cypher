// The migrations this database has had.
// sees: engine
MATCH (migration:Migration)
RETURN migration.name AS name, migration.hash AS hash, migration.appliedAt AS applied_at
ORDER BY name
