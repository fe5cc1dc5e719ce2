// One entry of the audit log. Entries are never changed.
// sees: engine
CREATE (entry:AuditEntry {id: $id, at: $at, who: $who, what: $what, which: $which, fields: $fields, requestId: $request_id,
  denied: $denied})
RETURN entry.id AS id
