// The organization's settings, fiscal calendar and structure revision.
// sees: engine
MATCH (o:Organization {key: 'organization'})
RETURN o.timeZone AS time_zone, o.baseCurrency AS base_currency, o.structureRevision AS structure_revision,
  o.template AS template, o.startMonth AS start_month, o.startDay AS start_day, o.yearNamedBy AS year_named_by,
  o.displayFormat AS display_format
