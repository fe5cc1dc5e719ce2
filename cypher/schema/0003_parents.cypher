// Names of rollup fields that read a record's parent.
UNWIND ['stateFromParent', 'dateFromParent'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
