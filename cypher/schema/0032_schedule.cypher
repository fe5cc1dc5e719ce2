// When rollups run by themselves, for which goals no more, and how long history is kept.
CREATE INDEX goal_holds_until IF NOT EXISTS FOR (n:Goal) ON (n.holdsUntil);
UNWIND ['rollupEveryHours', 'lateAfterDays', 'historyMonths', 'firstTakenAt', 'holdsUntil'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
