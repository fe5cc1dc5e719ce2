// Open goals, neither in OVERFLOW nor ERROR, whose part from below is not the sum of their children's totals and counts.
// sees: engine
MATCH (g:Goal)
WHERE g.state = 'OPEN' AND g.rollupError IS NULL
OPTIONAL MATCH (g)<-[:CHILD_OF]-(part:Goal)
WHERE part.state <> 'CANCELLED'
WITH g,
  sum(coalesce(part.actualPinned, part.actualOwn + coalesce(part.actualBelow, 0), 0)) AS actual,
  sum(coalesce(part.actualOwnCount + coalesce(part.actualBelowCount, 0), 0)) AS actual_count,
  sum(coalesce(part.inProgressPinned, part.inProgressOwn + coalesce(part.inProgressBelow, 0), 0)) AS in_progress,
  sum(coalesce(part.inProgressOwnCount + coalesce(part.inProgressBelowCount, 0), 0)) AS in_progress_count,
  sum(coalesce(part.customPinned, part.customOwn + coalesce(part.customBelow, 0), 0)) AS custom,
  sum(coalesce(part.customOwnCount + coalesce(part.customBelowCount, 0), 0)) AS custom_count
UNWIND [
  ['actual', actual = coalesce(g.actualBelow, 0) AND actual_count = coalesce(g.actualBelowCount, 0)],
  ['in-progress', in_progress = coalesce(g.inProgressBelow, 0)
    AND in_progress_count = coalesce(g.inProgressBelowCount, 0)],
  ['custom', custom = coalesce(g.customBelow, 0) AND custom_count = coalesce(g.customBelowCount, 0)]
] AS rule
WITH g, rule
WHERE NOT rule[1]
WITH 'A goal\'s ' + rule[0] + ' from below is not the sum of its children' AS name, coalesce(g.id, elementId(g)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
