// Whether another metric has this name, without regard to case.
// sees: engine
MATCH (m:Metric {nameKey: $name_key})
WHERE m.id <> $id
RETURN count(m) AS count
