// How trees stand, one row for each root in the order given: how many goals, and how many with which fault.
// sees: aggregate
UNWIND range(0, size($roots) - 1) AS position
MATCH (root:Goal {id: $roots[position]})-[:MEASURED_BY]->(metric:Metric)
WITH position, root, columns.metric(metric) AS measured
WITH position, root, measured.revision AS revision, [field IN measured.fields | field.category] AS categories
CALL (root, revision, categories) {
  // Unbounded: a tree has any depth.
  MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
  WITH g, root, revision, coalesce(root.holdsUntil < $today, false) AS overdue,
    ('ACTUAL' IN categories AND g.actualOwn IS NULL)
      OR ('IN_PROGRESS' IN categories AND g.inProgressOwn IS NULL)
      OR ('CUSTOM' IN categories AND g.customOwn IS NULL) AS uncalculated
  RETURN count(*) AS goals,
    count(CASE WHEN uncalculated OR (g.state = 'OPEN' AND (g.stale OR overdue
        OR coalesce(root.seen <> revision, true))) THEN 1 END)
      AS stale,
    count(CASE g.rollupError WHEN 'OVERFLOW' THEN 1 END) AS overflowed,
    count(CASE WHEN g.rollupError <> 'OVERFLOW' THEN 1 END) AS failed
}
RETURN position, goals, stale, overflowed, failed, root.calculatedAt AS calculated_at,
  root.calculatingUntil AS calculating_until
ORDER BY position
