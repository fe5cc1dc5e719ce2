// Forget keys that this transaction took and did nothing under.
// sees: engine
UNWIND $hashes AS hash
MATCH (k:IdempotencyKey {hash: hash})
DELETE k
RETURN count(*) AS count
