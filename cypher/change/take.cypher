// Take the changes of these goals, so that they are counted once; each is locked before it is read.
// sees: engine
MATCH (change:RollupChange)
WHERE change.goal IN $goals
  AND change.folded IS NULL
  AND ($recomputed OR change.recompute IS NULL)
SET change.folded = true
WITH change
RETURN change.goal AS goal, coalesce(change.recompute, false) AS recompute, [
    coalesce(change.actualOwn, 0), coalesce(change.actualOwnCount, 0),
    coalesce(change.inProgressOwn, 0), coalesce(change.inProgressOwnCount, 0),
    coalesce(change.customOwn, 0), coalesce(change.customOwnCount, 0)
  ] AS differences
ORDER BY goal
