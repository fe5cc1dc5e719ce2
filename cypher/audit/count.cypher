// How many entries of the audit log match a filter: for administrators.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
WHERE (viewer.administrator OR viewer.may_read_audit = 4)
MATCH (entry:AuditEntry)
WHERE ($since IS NULL OR entry.at >= $since) AND ($until IS NULL OR entry.at < $until)
  AND ($who IS NULL OR entry.who = $who)
  AND ($what IS NULL OR entry.what = $what)
  AND ($which IS NULL OR $which IN entry.which)
RETURN count(entry) AS count
