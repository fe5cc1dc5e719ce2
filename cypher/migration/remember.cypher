// Remember that a migration was applied.
// sees: engine
CREATE (migration:Migration {name: $name, hash: $hash, appliedAt: $now})
RETURN migration.name AS id
