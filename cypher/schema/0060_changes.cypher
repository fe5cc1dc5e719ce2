// What has changed and is not in the totals yet, and how goals are found from records: by owner, or because they count all.
CREATE INDEX rollup_change_goal IF NOT EXISTS FOR (n:RollupChange) ON (n.goal);
CREATE INDEX goal_owned_by IF NOT EXISTS FOR (n:Goal) ON (n.ownedBy);
CREATE INDEX goal_record_set IF NOT EXISTS FOR (n:Goal) ON (n.recordSet);
CALL db.createLabel('RollupChange');
UNWIND ['goal', 'at', 'recompute', 'batch', 'run', 'folded', 'ownedBy', 'lateChanges', 'foldedAt', 'asksStructure'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
MATCH (g:Goal)-[:OWNED_BY]->(owner:Owner)
SET g.ownedBy = owner.id;
// What a database knew until now of which numbers are old is not kept: every open goal is worked out anew, once.
MATCH (g:Goal)
SET g.stale = null, g.seen = null
WITH g
WHERE g.state = 'OPEN'
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime()});
// What told that records had changed is no longer asked.
MATCH (type:RecordType)
REMOVE type.revision;
