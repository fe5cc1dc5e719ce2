// Whether it was asked already that the own part of the goal `entity` be worked out anew: that will see this change, too,
// as whoever takes it waits for a lock that is ours.
EXISTS {
  MATCH (waiting:RollupChange {goal: entity.id})
  WHERE waiting.recompute AND waiting.folded IS NULL AND waiting.run IS NULL
}
