// When the last run with a trigger began that came to its end, and since when there is a worker.
// sees: engine
OPTIONAL MATCH (run:RollupRun {trigger: $trigger})
WHERE run.percent = 100
WITH max(run.startedAt) AS last
OPTIONAL MATCH (lease:WorkerLease {key: 'worker'})
RETURN last, lease.firstTakenAt AS since
