// Keeps what the goal `entity`, just changed, came to `before`, since the day `since`: unless it is the same, or was of today.
WITH entity, since, before, properties(entity) AS stored
WITH entity, since, before, columns.worth(stored) AS after
// A history begins with the first total. Null is not equal to anything, so it is compared as a text.
WHERE (since IS NOT NULL OR coalesce(after[0], after[1], after[2]) IS NOT NULL)
  AND [value IN before | coalesce(value, '')] <> [value IN after | coalesce(value, '')]
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
