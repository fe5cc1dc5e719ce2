// Metrics and rollup fields that lack something they need, or have it wrong.
// sees: engine
CALL () {
  MATCH (m:Metric)
  UNWIND [
    ['id', m.id IS :: STRING NOT NULL],
    ['name', m.name IS :: STRING NOT NULL AND m.name <> ''],
    ['nameKey', m.nameKey IS :: STRING NOT NULL],
    ['type', m.type IN ['COUNT', 'AMOUNT']],
    ['dataType', m.dataType IN ['MONEY', 'DECIMAL', 'INTEGER']],
    ['tracksStretchTarget', m.tracksStretchTarget IS :: BOOLEAN NOT NULL],
    ['rollup fields, one for a category', COUNT { (m)-[:HAS_FIELD]->(:RollupField) }
      = COUNT { MATCH (m)-[:HAS_FIELD]->(field:RollupField) RETURN DISTINCT field.category }]
  ] AS rule
  RETURN 'Metric.' + rule[0] AS what, rule[1] AS well, coalesce(m.id, elementId(m)) AS id
  UNION ALL
  MATCH (field:RollupField)
  UNWIND [
    ['id', field.id IS :: STRING NOT NULL],
    ['category', field.category IN ['ACTUAL', 'IN_PROGRESS', 'CUSTOM']],
    ['dateField', field.dateField IS :: STRING NOT NULL],
    ['amountField', field.amountField IS :: STRING],
    ['state', field.state IS :: STRING NOT NULL],
    ['statuses', field.statuses IS :: LIST<STRING NOT NULL> NOT NULL],
    ['stateFromParent', field.stateFromParent IS :: BOOLEAN],
    ['dateFromParent', field.dateFromParent IS :: BOOLEAN],
    ['metric, exactly one', COUNT { (field)<-[:HAS_FIELD]-(:Metric) } = 1],
    ['record type, exactly one', COUNT { (field)-[:READS]->(:RecordType) } = 1]
  ] AS rule
  RETURN 'RollupField.' + rule[0] AS what, rule[1] AS well, coalesce(field.id, elementId(field)) AS id
}
WITH what + ' is missing or wrong' AS name, well, id
WHERE NOT coalesce(well, false)
WITH name, id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
