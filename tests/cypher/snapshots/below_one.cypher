UNWIND $ids AS id
MATCH (p:Goal {id: id})
WHERE p.state = 'OPEN'
CALL (p) {
  MATCH (p)<-[:CHILD_OF]-(child:Goal)
  // Read in one go: each property alone would be looked for among all of them, and most are not there.
  WITH properties(child) AS c
  WHERE c.state <> 'CANCELLED'
  RETURN sum(coalesce(c.actualPinned, c.actualOwn + coalesce(c.actualBelow, 0), 0)) AS actual,
    sum(coalesce(c.actualOwnCount + coalesce(c.actualBelowCount, 0), 0)) AS actual_count,
    count(CASE WHEN c.rollupError IS NOT NULL OR c.incomplete THEN 1 END) > 0 AS incomplete
}
WITH p, incomplete, actual, actual_count
WHERE p.id IN $forced
  OR p.rollupError IS NOT NULL
  OR coalesce(p.incomplete, false) <> incomplete
  OR coalesce(p.actualBelow, 0) <> actual OR coalesce(p.actualBelowCount, 0) <> actual_count
RETURN collect({id: p.id, incomplete: incomplete, actual: actual, actual_count: actual_count, actual_own: p.actualOwn}) AS rows
