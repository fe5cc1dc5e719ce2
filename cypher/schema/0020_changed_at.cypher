// When fields of goals were changed that a field profile can secure: apart, so that nobody is told of a hidden change.
UNWIND ['targetChangedAt', 'descriptionChangedAt'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
