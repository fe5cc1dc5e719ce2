"""Everything we know: rules, numbers, the database. Knows no GraphQL and no HTTP."""
