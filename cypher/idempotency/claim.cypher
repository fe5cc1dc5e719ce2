// Take an idempotency key, or find what was done under it. Who comes second waits here until the first has committed.
// sees: engine
MERGE (k:IdempotencyKey {hash: $hash})
ON CREATE SET k.createdAt = $now, k.input = $input
SET k.lock = 0
// A key that is too old counts as one never used.
SET k += CASE WHEN k.createdAt <= $expired THEN {createdAt: $now, input: $input, result: null} ELSE {} END
RETURN k.input AS input, k.result AS result
