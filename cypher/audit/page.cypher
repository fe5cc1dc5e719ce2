// One page of the audit log, newest first, after a key: for administrators.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
WHERE (viewer.administrator OR viewer.may_read_audit = 4)
MATCH (entry:AuditEntry)
WHERE ($since IS NULL OR entry.at >= $since) AND ($until IS NULL OR entry.at < $until)
  AND ($who IS NULL OR entry.who = $who)
  AND ($what IS NULL OR entry.what = $what)
  AND ($which IS NULL OR $which IN entry.which)
  AND ($after_at IS NULL OR entry.at < $after_at OR (entry.at = $after_at AND entry.id < $after_id))
WITH entry
ORDER BY entry.at DESC, entry.id DESC
LIMIT $first
RETURN entry.id AS id, entry.at AS at, entry.who AS who, entry.what AS what, entry.which AS which,
  entry.fields AS fields, entry.requestId AS request_id, coalesce(entry.denied, false) AS denied
ORDER BY at DESC, id DESC
