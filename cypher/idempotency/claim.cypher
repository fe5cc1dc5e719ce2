// Take idempotency keys, or find what was done under them. Who comes second waits here until the first has committed.
// sees: engine
UNWIND $keys AS key
MERGE (k:IdempotencyKey {hash: key.hash})
ON CREATE SET k.createdAt = $now, k.input = key.input
SET k.lock = 0
// A key that is too old counts as one never used.
SET k += CASE WHEN k.createdAt <= $expired THEN {createdAt: $now, input: key.input, result: null} ELSE {} END
RETURN k.hash AS hash, k.input AS input, k.result AS result
