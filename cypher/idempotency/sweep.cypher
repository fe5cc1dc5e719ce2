// Forget some of the idempotency keys that are too old.
// sees: engine
MATCH (k:IdempotencyKey)
WHERE k.createdAt <= $expired
WITH k
LIMIT $most
DELETE k
RETURN count(*) AS count
