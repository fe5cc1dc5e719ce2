// A goal's stored properties, read in one go; dates as text and moments in milliseconds, because they are costly to send.
entity {.*,
  startDate: toString(entity.startDate),
  endDate: toString(entity.endDate),
  createdAt: entity.createdAt.epochMillis,
  updatedAt: entity.updatedAt.epochMillis,
  targetChangedAt: entity.targetChangedAt.epochMillis,
  descriptionChangedAt: entity.descriptionChangedAt.epochMillis,
  queriesChangedAt: entity.queriesChangedAt.epochMillis,
  frozenAt: entity.frozenAt.epochMillis,
  overrideEnd: toString(entity.overrideEnd),
  overriddenAt: entity.overriddenAt.epochMillis,
  holdsUntil: null,
  changedOn: null,
  calculatedAt: null,
  calculatingUntil: null
}
