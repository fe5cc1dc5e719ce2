// Take the changes of the goals at and below one: its calculation, under the locks of what it reads, has them in it.
// sees: engine
MATCH (change:RollupChange)
WHERE change.folded IS NULL
WITH DISTINCT change.goal AS id
MATCH (g:Goal {id: id})
// Upwards: few goals have changes, and a tree may have many goals. Unbounded: a tree has any depth.
MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(above:Goal)
WHERE above.id = $root
WITH DISTINCT g
MATCH (change:RollupChange {goal: g.id})
WHERE change.folded IS NULL
SET change.folded = true
WITH g, count(change) AS changes
// What came after a goal's time is in its numbers only when somebody asks for it.
FOREACH (one IN CASE WHEN g.state = 'OPEN' AND g.endDate < $late
    AND coalesce(g.actualOwn, g.inProgressOwn, g.customOwn) IS NOT NULL THEN [g] ELSE [] END |
  SET one.lateChanges = true)
RETURN coalesce(sum(changes), 0) AS count
