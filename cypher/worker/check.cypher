// Whether a holder and its token are still those of the worker's lease; until the transaction ends nobody can take the lease over.
// sees: engine
MATCH (lease:WorkerLease {key: 'worker'})
SET lease.lock = 0
WITH lease
WHERE lease.token = $token AND lease.holder = $holder
RETURN lease.token AS token
