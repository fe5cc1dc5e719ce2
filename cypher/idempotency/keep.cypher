// Keep the results of what was done under idempotency keys.
// sees: engine
UNWIND $results AS pair
MATCH (k:IdempotencyKey {hash: pair[0]})
SET k.result = pair[1]
RETURN count(k) AS count
