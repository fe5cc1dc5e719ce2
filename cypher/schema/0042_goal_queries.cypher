// When a goal's rollup queries were changed: apart, so that who may see no query is not told of it.
UNWIND ['queriesChangedAt'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
