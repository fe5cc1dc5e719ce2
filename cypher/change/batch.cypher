// How many changes of one transaction are not in the totals yet.
// sees: engine
MATCH (change:RollupChange)
WHERE change.batch = $batch
RETURN count(change) AS count
