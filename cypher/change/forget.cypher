// Forget changes that are in the totals. Only after their transaction: so no reader sees a goal CURRENT and not yet its numbers.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded
WITH change
LIMIT $most
DELETE change
RETURN count(*) AS count
