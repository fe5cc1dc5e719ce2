// Overrides of goals: what is pinned, why, by whom, until when; and on a tree's root, when the first of them ends.
UNWIND ['actualPinned', 'inProgressPinned', 'customPinned', 'overrideReason', 'overrideAuthor', 'overriddenAt',
  'overrideEnd', 'overridesEnd'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
CREATE INDEX goal_override_end IF NOT EXISTS FOR (n:Goal) ON (n.overrideEnd);
