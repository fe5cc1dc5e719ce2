// The roots of all trees, or of those a metric measures.
// sees: engine
MATCH (g:Goal)
WHERE NOT EXISTS { (g)-[:CHILD_OF]->(:Goal) }
  AND ($metric IS NULL OR EXISTS { (g)-[:MEASURED_BY]->(:Metric {id: $metric}) })
RETURN g.id AS id, g.title AS title
ORDER BY title, id
