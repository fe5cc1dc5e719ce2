// Forget the progress of an import that has come to its end.
// sees: engine
MATCH (run:ImportRun {key: $key})
DELETE run
RETURN count(*) AS count
