// Which of these transactions have changes that are not in the totals yet; of all, where it is not known which it was.
// sees: engine
MATCH (change:RollupChange)
WHERE change.batch IN $batches OR '*' IN $batches
RETURN DISTINCT change.batch AS id
