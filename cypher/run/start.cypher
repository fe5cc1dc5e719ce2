// Note that a run has begun.
// sees: engine
CREATE (run:RollupRun {id: $id, trigger: $trigger, who: $who, root: $root, state: 'RUNNING', percent: 0,
  startedAt: $now, aliveUntil: $alive_until, trees: 0, goals: 0, changed: 0, overflowed: 0, failed: 0, defects: 0})
RETURN run.id AS id
