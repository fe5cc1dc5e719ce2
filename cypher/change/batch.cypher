// How many changes of one transaction are not in the totals yet; of all of them where it is not known which it was.
// sees: engine
MATCH (change:RollupChange)
WHERE $batch IN [change.batch, '*']
RETURN count(change) AS count
