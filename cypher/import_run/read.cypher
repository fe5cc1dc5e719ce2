// How far the import of a file has come.
// sees: engine
MATCH (run:ImportRun {key: $key})
RETURN run.position AS position, run.number AS number, run.loadedHash AS loaded_hash, run.refusedBytes AS refused_bytes
