// How trees stand, one row for each root in the order given: how many goals, and how many with which fault.
// sees: aggregate
UNWIND range(0, size($roots) - 1) AS position
MATCH (root:Goal {id: $roots[position]})-[:MEASURED_BY]->(metric:Metric)
WITH position, root, columns.metric(metric) AS measured
WITH position, root, columns.pending_ids(root) AS pending, [field IN measured.fields | field.category] AS categories
CALL (root, pending, categories) {
  // Unbounded: a tree has any depth.
  MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
  WITH g, root, pending, coalesce(root.holdsUntil < $today, false) AS overdue,
    ('ACTUAL' IN categories AND g.actualOwn IS NULL)
      OR ('IN_PROGRESS' IN categories AND g.inProgressOwn IS NULL)
      OR ('CUSTOM' IN categories AND g.customOwn IS NULL) AS uncalculated
  RETURN count(*) AS goals,
    count(CASE WHEN uncalculated OR (g.state = 'OPEN' AND (overdue OR g.lateChanges
        OR g.id IN pending)) THEN 1 END)
      AS stale,
    count(CASE g.rollupError WHEN 'OVERFLOW' THEN 1 END) AS overflowed,
    count(CASE WHEN g.rollupError <> 'OVERFLOW' THEN 1 END) AS failed
}
RETURN position, goals, stale, overflowed, failed, coalesce(CASE WHEN root.foldedAt > root.calculatedAt THEN root.foldedAt ELSE root.calculatedAt END, root.foldedAt)
    AS calculated_at,
  root.calculatingUntil AS calculating_until
ORDER BY position
