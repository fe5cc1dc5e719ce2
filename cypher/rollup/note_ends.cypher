// Tell the roots of goals' trees when the first override of an open goal there ends: from the next day on the tree is stale.
// sees: engine
UNWIND $goals AS id
MATCH (goal:Goal {id: id})
// Unbounded: a tree has any depth.
MATCH (goal)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(root:Goal)
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
WITH DISTINCT root
// Found by an index: few have an end. (In a subquery of its own, min() of nothing leaves the property as it was.)
OPTIONAL MATCH (g:Goal)
WHERE g.overrideEnd IS NOT NULL
  AND g.state = 'OPEN'
  AND (g = root OR EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(root) })
WITH root, min(g.overrideEnd) AS first_end
SET root.overridesEnd = first_end
RETURN count(*) AS count
