// The metrics, by name, after a key; and how many there are.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
MATCH (m:Metric)
WHERE visible.metric(m)
WITH collect(m) AS metrics
CALL (metrics) {
  UNWIND metrics AS m
  WITH m
  WHERE $after_name IS NULL OR m.nameKey > $after_name
  WITH m
  ORDER BY m.nameKey
  LIMIT $first
  RETURN collect(columns.metric(m)) AS page
}
RETURN page AS metrics, size(metrics) AS total_count
