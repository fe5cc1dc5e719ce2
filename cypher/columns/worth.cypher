// What a goal comes to, from its properties `entity`: totals, records counted, targets, state. What its history is of.
[
  coalesce(entity.actualPinned, entity.actualOwn + coalesce(entity.actualBelow, 0)),
  coalesce(entity.inProgressPinned, entity.inProgressOwn + coalesce(entity.inProgressBelow, 0)),
  coalesce(entity.customPinned, entity.customOwn + coalesce(entity.customBelow, 0)),
  CASE WHEN coalesce(entity.actualOwnCount, entity.inProgressOwnCount, entity.customOwnCount) IS NOT NULL THEN
    coalesce(entity.actualOwnCount, 0) + coalesce(entity.actualBelowCount, 0)
    + coalesce(entity.inProgressOwnCount, 0) + coalesce(entity.inProgressBelowCount, 0)
    + coalesce(entity.customOwnCount, 0) + coalesce(entity.customBelowCount, 0)
  END,
  entity.target,
  entity.stretchTarget,
  entity.state
]
