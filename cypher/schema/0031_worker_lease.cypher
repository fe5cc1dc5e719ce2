// The lease of the one worker among several processes: who holds it until when, and the token that fences its writes.
CREATE CONSTRAINT worker_lease_key IF NOT EXISTS FOR (n:WorkerLease) REQUIRE n.key IS UNIQUE;
UNWIND ['holder', 'token', 'until', 'firstTakenAt'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
