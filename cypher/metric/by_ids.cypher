// The metrics with these ids, with their rollup fields; `revision` moves with every record or structure they depend on.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $ids AS id
MATCH (m:Metric {id: id})
WHERE visible.metric(m)
RETURN columns.metric(m) AS metric
