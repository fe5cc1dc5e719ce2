// The metric that a rollup field belongs to.
// sees: engine
MATCH (m:Metric)-[:HAS_FIELD]->(:RollupField {id: $field})
RETURN m.id AS id
