// How far the import of a file has come: one node for each import under way or broken off.
CREATE CONSTRAINT import_run_key IF NOT EXISTS FOR (n:ImportRun) REQUIRE n.key IS UNIQUE;
UNWIND ['key', 'position', 'number', 'loadedHash', 'refusedBytes', 'updatedAt'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
