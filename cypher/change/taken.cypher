// Whether there are changes that are in the totals and not forgotten yet.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded
WITH change
LIMIT 1
RETURN count(*) AS count
