// Goals that do not fit the goals above them: another metric, a period outside, open below an achieved one, a cycle.
// sees: engine
MATCH (g:Goal)-[:CHILD_OF]->(parent:Goal)
UNWIND [
  ['has another metric than its parent', EXISTS { (g)-[:MEASURED_BY]->(:Metric)<-[:MEASURED_BY]-(parent) }],
  ['has a period outside its parent\'s', g.startDate >= parent.startDate AND g.endDate <= parent.endDate],
  // Unbounded, as the next one: a tree has any depth.
  ['is open below an achieved one', g.state <> 'OPEN'
    OR NOT EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(above:Goal WHERE above.state = 'ACHIEVED') }],
  ['is below itself', NOT EXISTS { (g)((:Goal)-[:CHILD_OF]->(:Goal)){1,}(g) }]
] AS rule
WITH g, rule
WHERE NOT coalesce(rule[1], false)
WITH 'A goal ' + rule[0] AS name, g.id AS id
ORDER BY id
RETURN name, count(DISTINCT id) AS count, collect(DISTINCT id)[..10] AS ids
ORDER BY name
