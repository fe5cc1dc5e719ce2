// Keep how far the import of a file has come, in the transaction that loads its rows.
// sees: engine
MERGE (run:ImportRun {key: $key})
SET run.position = $position, run.number = $number, run.loadedHash = $loaded_hash, run.refusedBytes = $refused_bytes,
  run.updatedAt = $now
RETURN count(run) AS count
