// Say of every open goal that a metric measures that its numbers are older than its definition.
// sees: engine
MATCH (g:Goal)-[:MEASURED_BY]->(:Metric {id: $metric})
WHERE g.state = 'OPEN'
WITH g
ORDER BY g.id
SET g.stale = true
RETURN count(*) AS count
