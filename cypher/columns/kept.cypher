// Keeps what the goal `entity`, just changed, came to `before`, since the day `since`: if it is another, and not of today.
WITH entity, since, before
WHERE CASE
  // A history begins with the first total.
  WHEN since IS NULL THEN coalesce(entity.actualPinned, entity.actualOwn, entity.inProgressPinned, entity.inProgressOwn,
    entity.customPinned, entity.customOwn) IS NOT NULL
  WHEN since = $today THEN false
  // Null is not equal to anything: it is compared as a text.
  ELSE [value IN before | coalesce(value, '')] <> [value IN columns.worth(entity) | coalesce(value, '')]
END
SET entity.changedOn = $today
WITH entity, since, before
WHERE since < $today
MERGE (snapshot:GoalSnapshot {goal: entity.id, day: since})
SET snapshot.until = $today,
  snapshot.actual = before[0],
  snapshot.inProgress = before[1],
  snapshot.custom = before[2],
  snapshot.recordCount = before[3],
  snapshot.target = before[4],
  snapshot.stretchTarget = before[5],
  snapshot.state = before[6]
