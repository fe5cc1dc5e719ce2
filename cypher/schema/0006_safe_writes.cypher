// What makes writes safe and accountable: keys of mutations that were done, the audit log, the organization's settings.
CREATE CONSTRAINT idempotency_key_hash IF NOT EXISTS FOR (n:IdempotencyKey) REQUIRE n.hash IS UNIQUE;
CREATE INDEX idempotency_key_created IF NOT EXISTS FOR (n:IdempotencyKey) ON (n.createdAt);
CREATE CONSTRAINT audit_entry_id IF NOT EXISTS FOR (n:AuditEntry) REQUIRE n.id IS UNIQUE;
CREATE INDEX audit_entry_at IF NOT EXISTS FOR (n:AuditEntry) ON (n.at);
UNWIND ['IdempotencyKey', 'AuditEntry'] AS name
CALL db.createLabel(name)
RETURN count(*) AS created;
UNWIND ['input', 'result', 'at', 'who', 'what', 'which', 'fields', 'requestId', 'onTrackFrom', 'behindFrom'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
