// The history of goals: what each came to from a day on, until the day of the next change; what it comes to now is the goal.
CREATE CONSTRAINT goal_snapshot_key IF NOT EXISTS FOR (n:GoalSnapshot) REQUIRE (n.goal, n.day) IS UNIQUE;
CREATE INDEX goal_snapshot_until IF NOT EXISTS FOR (n:GoalSnapshot) ON (n.until);
UNWIND ['goal', 'day', 'until', 'actual', 'inProgress', 'custom', 'recordCount', 'target', 'stretchTarget', 'state',
  'changedOn'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
