// Forget some of the runs that began before a moment.
// sees: engine
MATCH (run:RollupRun)
WHERE run.startedAt < $before
WITH run
LIMIT $most
DELETE run
RETURN count(*) AS count
