// Let others have the worker's lease at once.
// sees: engine
MATCH (lease:WorkerLease {key: 'worker', token: $token})
SET lease.until = null, lease.holder = null
RETURN count(lease) AS count
