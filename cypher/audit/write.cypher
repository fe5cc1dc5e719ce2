// Entries of the audit log. They are never changed.
// sees: engine
UNWIND $rows AS row
CREATE (entry:AuditEntry)
SET entry = row
RETURN count(entry) AS count
