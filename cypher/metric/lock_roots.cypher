// Lock the roots of every tree that a metric measures, in the order of their ids, so that no rollup is under way.
// sees: engine
MATCH (root:Goal)-[:MEASURED_BY]->(:Metric {id: $metric})
WHERE NOT EXISTS { (root)-[:CHILD_OF]->(:Goal) }
WITH root
ORDER BY root.id
SET root.lock = 0
RETURN count(*) AS count
