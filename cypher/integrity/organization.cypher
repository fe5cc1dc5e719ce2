// What is wrong with the organization and its record types; without an organization, or with two, that alone.
// sees: engine
CALL () {
  MATCH (n:Organization)
  WITH collect(n) AS organizations
  RETURN 'Organization, at most one,' AS what, size(organizations) <= 1 AS well, 'organization' AS id
  UNION ALL
  MATCH (n:Organization)
  UNWIND [
    ['key', n.key = 'organization'],
    ['timeZone', n.timeZone IS :: STRING NOT NULL],
    ['baseCurrency', n.baseCurrency IS :: STRING NOT NULL],
    ['structureRevision', n.structureRevision IS :: INTEGER NOT NULL],
    ['template', n.template IN ['ANNUAL', 'SEMIANNUAL', 'QUARTERLY', 'MONTHLY', 'FOUR_WEEK']],
    ['startMonth', 1 <= n.startMonth <= 12],
    ['startDay', 1 <= n.startDay <= 31],
    ['yearNamedBy', n.yearNamedBy IN ['START', 'END']],
    ['displayFormat', n.displayFormat IS :: STRING NOT NULL],
    ['onTrackFrom', n.onTrackFrom IS :: INTEGER],
    ['behindFrom', n.behindFrom IS :: INTEGER],
    ['rollupEveryHours', n.rollupEveryHours IS :: INTEGER],
    ['lateAfterDays', n.lateAfterDays IS :: INTEGER],
    ['historyMonths', n.historyMonths IS :: INTEGER]
  ] AS rule
  RETURN 'Organization.' + rule[0] AS what, rule[1] AS well, coalesce(n.key, elementId(n)) AS id
  UNION ALL
  MATCH (type:RecordType)
  UNWIND [
    ['id', type.id IS :: STRING NOT NULL],
    ['key', type.key IS :: STRING NOT NULL],
    ['name', type.name IS :: STRING NOT NULL],
    ['label', type.label IS :: STRING NOT NULL],
    ['definition', type.definition IS :: STRING NOT NULL],
    ['parent, at most one', COUNT { (type)-[:CHILD_OF]->() } <= 1
      AND COUNT { (type)-[:CHILD_OF]->() } = COUNT { (type)-[:CHILD_OF]->(:RecordType) }],
    ['place, within five types and not below itself', NOT EXISTS {
      MATCH path = (type)(()-[:CHILD_OF]->()){1,5}(above)
      WHERE above = type OR length(path) = 5
    }]
  ] AS rule
  RETURN 'RecordType.' + rule[0] AS what, rule[1] AS well, coalesce(type.key, elementId(type)) AS id
}
WITH what + ' is missing or wrong' AS name, well, id
WHERE NOT coalesce(well, false)
WITH name, id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
