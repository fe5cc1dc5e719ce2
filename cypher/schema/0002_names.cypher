// Every label, relationship type and property by name, so that a new database warns of misspelt names only.
UNWIND ['Goal', 'Metric', 'RollupField', 'RecordType', 'Record', 'Owner', 'User', 'Team', 'BusinessUnit', 'Territory',
  'ProductLine', 'Organization', 'Migration'] AS name
CALL db.createLabel(name)
RETURN count(*) AS created;
UNWIND ['CHILD_OF', 'MEASURED_BY', 'HAS_FIELD', 'READS', 'OWNED_BY', 'MANAGED_BY', 'IN_UNIT', 'MEMBER_OF', 'REPORTS_TO',
  'IN_TERRITORY', 'FOR_PRODUCT_LINE', 'FOR_ACCOUNT', 'PART_OF'] AS name
CALL db.createRelationshipType(name)
RETURN count(*) AS created;
UNWIND ['id', 'key', 'kind', 'name', 'nameKey', 'title', 'description', 'type', 'dataType', 'tracksStretchTarget', 'category',
  'state', 'status', 'statuses', 'amountField', 'dateField', 'label', 'definition', 'revision', 'lock',
  'externalId', 'active', 'administrator', 'restricted', 'target', 'stretchTarget', 'rollupOnlyFromChildren', 'recordSet',
  'includeTeamMembers', 'periodKind', 'fiscalYear', 'fiscalIndex', 'periodLabel', 'startDate', 'endDate',
  'actualOwn', 'actualOwnCount', 'actualBelow', 'actualBelowCount',
  'inProgressOwn', 'inProgressOwnCount', 'inProgressBelow', 'inProgressBelowCount',
  'customOwn', 'customOwnCount', 'customBelow', 'customBelowCount',
  'rollupError', 'rollupMessage', 'incomplete', 'stale', 'calculatedAt', 'seen', 'calculatingUntil', 'frozenAt',
  'createdAt', 'updatedAt', 'appliedAt', 'hash', 'timeZone', 'baseCurrency', 'structureRevision',
  'template', 'startMonth', 'startDay', 'yearNamedBy', 'displayFormat'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
