// Users, teams, business units, territories and product lines that lack something, or have two where there may be one.
// sees: engine
MATCH (o:Owner|User|Team|BusinessUnit|Territory|ProductLine)
UNWIND [
  ['id', o.id IS :: STRING NOT NULL],
  ['externalId', o.externalId IS :: STRING NOT NULL],
  ['name', o.name IS :: STRING NOT NULL],
  ['kind, the one of its label', o:Owner AND [label IN labels(o) WHERE label <> 'Owner']
    = CASE o.kind WHEN 'USER' THEN ['User'] WHEN 'TEAM' THEN ['Team'] WHEN 'BUSINESS_UNIT' THEN ['BusinessUnit']
      WHEN 'TERRITORY' THEN ['Territory'] WHEN 'PRODUCT_LINE' THEN ['ProductLine'] END],
  ['active', (o.kind <> 'USER' AND o.active IS NULL) OR o.active IS :: BOOLEAN NOT NULL],
  ['administrator', o.administrator IS :: BOOLEAN],
  ['unit, at most one', COUNT { (o)-[:IN_UNIT]->(:BusinessUnit) } = COUNT { (o)-[:IN_UNIT]->() }
    AND COUNT { (o)-[:IN_UNIT]->() } <= 1],
  ['manager, at most one', COUNT { (o)-[:REPORTS_TO]->(:User) } = COUNT { (o)-[:REPORTS_TO]->() }
    AND COUNT { (o)-[:REPORTS_TO]->() } <= 1],
  ['teams', COUNT { (o)-[:MEMBER_OF]->(:Team) } = COUNT { (o)-[:MEMBER_OF]->() }],
  ['parent, at most one of its kind', COUNT { (o)-[:CHILD_OF]->(p:Owner WHERE p.kind = o.kind) }
    = COUNT { (o)-[:CHILD_OF]->() } AND COUNT { (o)-[:CHILD_OF]->() } <= 1],
  // Unbounded: trees and reporting lines have any depth.
  ['place, not below itself', NOT EXISTS { (o)((:Owner)-[:CHILD_OF]->(:Owner)){1,}(o) }
    AND NOT EXISTS { (o)((:User)-[:REPORTS_TO]->(:User)){1,}(o) }]
] AS rule
WITH o, rule
WHERE NOT coalesce(rule[1], false)
WITH 'Owner.' + rule[0] + ' is missing or wrong' AS name, coalesce(o.id, elementId(o)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
