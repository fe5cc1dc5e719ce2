// A new metric.
// sees: engine
CREATE (m:Metric {id: $id})
SET m += $properties
RETURN m.id AS id
