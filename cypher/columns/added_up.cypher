// What all goals `entity` come to together in each category: an aggregate. In the order of graph.rollup_compiler.Category.
[
  sum(coalesce(entity.actualPinned, entity.actualOwn + coalesce(entity.actualBelow, 0), 0)),
  sum(coalesce(entity.inProgressPinned, entity.inProgressOwn + coalesce(entity.inProgressBelow, 0), 0)),
  sum(coalesce(entity.customPinned, entity.customOwn + coalesce(entity.customBelow, 0), 0))
]
