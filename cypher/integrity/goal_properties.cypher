// Goals that lack a property they need, or have one of another type or value than it can have.
// sees: engine
MATCH (g:Goal)
UNWIND [
  ['id', g.id IS :: STRING NOT NULL],
  ['title', g.title IS :: STRING NOT NULL AND g.title <> ''],
  ['description', g.description IS :: STRING],
  ['state', g.state IN ['OPEN', 'ACHIEVED', 'CANCELLED']],
  ['frozenAt', g.frozenAt IS :: ZONED DATETIME AND (g.state = 'OPEN') = (g.frozenAt IS NULL)],
  ['restricted', g.restricted IS :: BOOLEAN NOT NULL],
  ['target', g.target IS :: INTEGER AND coalesce(g.target >= 0, true)],
  ['stretchTarget', g.stretchTarget IS :: INTEGER AND coalesce(g.stretchTarget >= coalesce(g.target, 0), true)],
  ['rollupOnlyFromChildren', g.rollupOnlyFromChildren IS :: BOOLEAN NOT NULL],
  ['recordSet', g.recordSet IN ['OWNED', 'ALL']],
  ['includeTeamMembers', g.includeTeamMembers IS :: BOOLEAN NOT NULL],
  ['periodKind', g.periodKind IN ['FISCAL', 'CUSTOM']],
  ['periodLabel', g.periodLabel IS :: STRING NOT NULL],
  ['fiscalYear', g.fiscalYear IS :: INTEGER AND (g.periodKind = 'FISCAL') = (g.fiscalYear IS NOT NULL)],
  ['fiscalIndex', g.fiscalIndex IS :: INTEGER AND (g.periodKind = 'FISCAL' OR g.fiscalIndex IS NULL)],
  ['periodTemplate', (g.fiscalIndex IS NULL AND g.periodTemplate IS NULL) OR (g.fiscalIndex IS NOT NULL
    AND g.periodTemplate IN ['ANNUAL', 'SEMIANNUAL', 'QUARTERLY', 'MONTHLY', 'FOUR_WEEK'])],
  ['startDate', g.startDate IS :: DATE NOT NULL],
  ['endDate', g.endDate IS :: DATE NOT NULL AND g.startDate <= g.endDate],
  ['createdAt', g.createdAt IS :: ZONED DATETIME NOT NULL],
  ['updatedAt', g.updatedAt IS :: ZONED DATETIME NOT NULL],
  ['targetChangedAt', g.targetChangedAt IS :: ZONED DATETIME],
  ['descriptionChangedAt', g.descriptionChangedAt IS :: ZONED DATETIME],
  ['queriesChangedAt', g.queriesChangedAt IS :: ZONED DATETIME],
  ['calculatedAt', g.calculatedAt IS :: ZONED DATETIME],
  ['ownedBy', coalesce(g.ownedBy = head([(g)-[:OWNED_BY]->(owner:Owner) | owner.id]), false)],
  ['lateChanges', g.lateChanges IS :: BOOLEAN],
  ['incomplete', g.incomplete IS :: BOOLEAN],
  ['rollupError', g.rollupError IS NULL OR g.rollupError IN ['ERROR', 'OVERFLOW']],
  ['actual', g.actualOwn IS :: INTEGER AND g.actualOwnCount IS :: INTEGER
    AND g.actualBelow IS :: INTEGER AND g.actualBelowCount IS :: INTEGER AND g.actualPinned IS :: INTEGER],
  ['inProgress', g.inProgressOwn IS :: INTEGER AND g.inProgressOwnCount IS :: INTEGER
    AND g.inProgressBelow IS :: INTEGER AND g.inProgressBelowCount IS :: INTEGER
    AND g.inProgressPinned IS :: INTEGER],
  ['custom', g.customOwn IS :: INTEGER AND g.customOwnCount IS :: INTEGER
    AND g.customBelow IS :: INTEGER AND g.customBelowCount IS :: INTEGER AND g.customPinned IS :: INTEGER],
  ['override', g.overrideReason IS :: STRING AND g.overrideAuthor IS :: STRING AND g.overriddenAt IS :: ZONED DATETIME
    AND (coalesce(g.actualPinned, g.inProgressPinned, g.customPinned) IS NULL) = (g.overrideReason IS NULL)
    AND (g.overrideReason IS NULL) = (g.overrideAuthor IS NULL)
    AND (g.overrideReason IS NULL) = (g.overriddenAt IS NULL)],
  ['overrideEnd', g.overrideEnd IS :: DATE AND (g.overrideEnd IS NULL OR g.overrideReason IS NOT NULL)],
  ['holdsUntil', g.holdsUntil IS :: DATE]
] AS rule
WITH g, rule
WHERE NOT coalesce(rule[1], false)
WITH 'Goal.' + rule[0] + ' is missing or wrong' AS name, coalesce(g.id, elementId(g)) AS id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
