// The name of what tells a denial from a change in the audit log.
CALL db.createProperty('denied');
