// Forget some of what goals came to until a day or longer ago; what they came to on that day is kept.
// sees: engine
MATCH (snapshot:GoalSnapshot)
WHERE snapshot.until <= $since
WITH snapshot
LIMIT $most
DELETE snapshot
RETURN count(*) AS count
