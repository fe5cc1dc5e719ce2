// Change stored properties of a metric.
// sees: engine
MATCH (m:Metric {id: $id})
SET m += $properties
RETURN m.id AS id
