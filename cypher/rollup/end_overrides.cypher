// End the overrides, at and below a goal, whose last day is past; closed goals keep theirs. Found by an index: few have an end.
// sees: engine
MATCH (root:Goal {id: $root})
MATCH (g:Goal)
WHERE g.overrideEnd < $today
  AND g.state = 'OPEN'
  // Unbounded: a tree has any depth.
  AND (g = root OR EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(root) })
WITH g, g.changedOn AS since, columns.worth(g) AS before
SET g += $ended
WITH g, since, before
CALL (g, since, before) {
  columns.kept(g)
}
RETURN count(*) AS count
