// Records that are not as their record type declares. $types: by key, its label, states, parent, and properties of each kind.
// sees: engine
MATCH (r:Record)
WITH r, $types[r.type] AS type
UNWIND [property IN coalesce(type.integers, []) WHERE NOT r[property] IS :: INTEGER | [property, false]]
  + [property IN coalesce(type.dates, []) WHERE NOT r[property] IS :: DATE | [property, false]]
  + [property IN coalesce(type.moments, []) WHERE NOT r[property] IS :: ZONED DATETIME | [property, false]]
  + [property IN coalesce(type.texts, []) WHERE NOT r[property] IS :: STRING | [property, false]]
  + [property IN coalesce(type.booleans, []) WHERE NOT r[property] IS :: BOOLEAN | [property, false]]
  + [
    ['id', r.id IS :: STRING NOT NULL],
    ['externalId', r.externalId IS :: STRING NOT NULL],
    ['name', r.name IS :: STRING NOT NULL],
    ['type, the one of its label', type IS NOT NULL AND [label IN labels(r) WHERE label <> 'Record'] = [type.label]],
    ['state', r.state IN type.states OR (r.state IS NULL AND type.states = [])],
    ['owner, at most one', COUNT { (r)-[:OWNED_BY]->() } <= 1
      AND COUNT { (r)-[:OWNED_BY]->() } = COUNT { (r)-[:OWNED_BY]->(:User|Team) }],
    ['territory, at most one', COUNT { (r)-[:IN_TERRITORY]->() } <= 1
      AND COUNT { (r)-[:IN_TERRITORY]->() } = COUNT { (r)-[:IN_TERRITORY]->(:Territory) }],
    ['product line, at most one', COUNT { (r)-[:FOR_PRODUCT_LINE]->() } <= 1
      AND COUNT { (r)-[:FOR_PRODUCT_LINE]->() } = COUNT { (r)-[:FOR_PRODUCT_LINE]->(:ProductLine) }],
    ['account, at most one', COUNT { (r)-[:FOR_ACCOUNT]->() } <= 1
      AND COUNT { (r)-[:FOR_ACCOUNT]->() } = COUNT { (r)-[:FOR_ACCOUNT]->(:Record {type: 'account'}) }],
    ['parent, at most one of its parent type', COUNT { (r)-[:PART_OF]->() } <= 1
      AND COUNT { (r)-[:PART_OF]->() } = COUNT { (r)-[:PART_OF]->(:Record {type: type.parent}) }]
  ] AS rule
WITH r, rule
WHERE NOT coalesce(rule[1], false)
WITH 'Record.' + rule[0] + ' is missing or wrong' AS name, coalesce(r.id, elementId(r)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
