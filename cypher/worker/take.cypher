// Take the worker's lease or prolong it, and give its token; no row while another process holds it.
// sees: engine
MERGE (lease:WorkerLease {key: 'worker'})
ON CREATE SET lease.token = 0
SET lease.lock = 0
// Read under that lock, also the time: by the database's clock, which all processes have in common.
WITH lease, coalesce($now, datetime.realtime()) AS now
WHERE coalesce(lease.holder = $holder, false) OR coalesce(lease.until < now, true)
SET lease.token = CASE WHEN coalesce(lease.holder = $holder, false) THEN lease.token ELSE lease.token + 1 END
SET lease.holder = $holder,
  lease.until = now + duration({milliseconds: $milliseconds}),
  lease.firstTakenAt = coalesce(lease.firstTakenAt, now)
RETURN lease.token AS token
