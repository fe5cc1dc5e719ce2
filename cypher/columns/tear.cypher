// True where the goal `entity` and its children were read on two sides of a commit: its sum is not that of its parts.
(entity.state = 'OPEN' AND entity.rollupError IS NULL AND EXISTS {
  MATCH (entity)<-[:CHILD_OF]-(part:Goal)
  WHERE part.state <> 'CANCELLED'
  WITH sum(coalesce(part.actualPinned, part.actualOwn + coalesce(part.actualBelow, 0), 0)) AS actual,
    sum(coalesce(part.inProgressPinned, part.inProgressOwn + coalesce(part.inProgressBelow, 0), 0)) AS in_progress,
    sum(coalesce(part.customPinned, part.customOwn + coalesce(part.customBelow, 0), 0)) AS custom
  WHERE actual <> coalesce(entity.actualBelow, 0)
    OR in_progress <> coalesce(entity.inProgressBelow, 0)
    OR custom <> coalesce(entity.customBelow, 0)
  RETURN 1
})
