MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
WHERE g.state = 'OPEN'
  AND g.rollupOnlyFromChildren
  AND (g.rollupError IS NOT NULL
    OR g.actualOwn IS NULL OR g.actualOwn <> 0 OR g.actualOwnCount <> 0
    OR g.customOwn IS NULL OR g.customOwn <> 0 OR g.customOwnCount <> 0)
RETURN collect(g.id) AS ids
