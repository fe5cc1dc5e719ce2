// End the overrides, at and below a goal, whose last day is past; closed goals keep theirs. Found by an index: few have an end.
// sees: engine
MATCH (root:Goal {id: $root})
MATCH (g:Goal)
WHERE g.overrideEnd < $today
  AND g.state = 'OPEN'
  // Unbounded: a tree has any depth.
  AND (g = root OR EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(root) })
SET g += $ended
RETURN count(*) AS count
