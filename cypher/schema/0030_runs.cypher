// Runs of the rollup: what started each, who, over which tree, how far it is and what came of it.
CREATE CONSTRAINT rollup_run_id IF NOT EXISTS FOR (n:RollupRun) REQUIRE n.id IS UNIQUE;
CREATE INDEX rollup_run_started_at IF NOT EXISTS FOR (n:RollupRun) ON (n.startedAt);
UNWIND ['trigger', 'who', 'root', 'state', 'percent', 'startedAt', 'endedAt', 'aliveUntil', 'trees', 'goals', 'changed',
  'overflowed', 'failed', 'defects', 'problem'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
