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
    sum(coalesce(c.inProgressPinned, c.inProgressOwn + coalesce(c.inProgressBelow, 0), 0)) AS in_progress,
    sum(coalesce(c.inProgressOwnCount + coalesce(c.inProgressBelowCount, 0), 0)) AS in_progress_count,
    sum(coalesce(c.customPinned, c.customOwn + coalesce(c.customBelow, 0), 0)) AS custom,
    sum(coalesce(c.customOwnCount + coalesce(c.customBelowCount, 0), 0)) AS custom_count,
    count(CASE WHEN c.rollupError IS NOT NULL OR c.incomplete THEN 1 END) > 0 AS incomplete
}
WITH p, incomplete, actual, actual_count, in_progress, in_progress_count, custom, custom_count
WHERE p.id IN $forced
  OR p.rollupError IS NOT NULL
  OR coalesce(p.incomplete, false) <> incomplete
  OR coalesce(p.actualBelow, 0) <> actual OR coalesce(p.actualBelowCount, 0) <> actual_count
  OR coalesce(p.inProgressBelow, 0) <> in_progress OR coalesce(p.inProgressBelowCount, 0) <> in_progress_count
  OR coalesce(p.customBelow, 0) <> custom OR coalesce(p.customBelowCount, 0) <> custom_count
RETURN collect({id: p.id, incomplete: incomplete, actual: actual, actual_count: actual_count, actual_own: p.actualOwn, in_progress: in_progress, in_progress_count: in_progress_count, in_progress_own: p.inProgressOwn, custom: custom, custom_count: custom_count, custom_own: p.customOwn}) AS rows
