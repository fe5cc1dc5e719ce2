// Keep the result of what was done under an idempotency key.
// sees: engine
MATCH (k:IdempotencyKey {hash: $hash})
SET k.result = $result
RETURN count(k) AS count
