// The names that the list of migrations itself needs. Run at every start, because nothing can be remembered before it.
CREATE CONSTRAINT migration_name IF NOT EXISTS FOR (n:Migration) REQUIRE n.name IS UNIQUE;
UNWIND ['name', 'hash', 'appliedAt'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
