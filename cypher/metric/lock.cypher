// Lock a metric while its rules are checked and it changes; its columns, with whether goals use it.
// sees: engine
MATCH (m:Metric {id: $id})
SET m.lock = 0
WITH m
RETURN columns.metric(m) AS metric, EXISTS { (m)<-[:MEASURED_BY]-(g:Goal) WHERE g.state <> 'OPEN' } AS used_by_closed
