MATCH (viewer:User {id: $viewer, active: true})
MATCH (r:Opportunity)
WITH viewer, r
WHERE visible.record(r)
WITH viewer, r, $asked AS given
WITH viewer, r, given {.*, c0: toLower(given.c0)} AS asked
WITH viewer, r, asked, head([(r)-[:FOR_ACCOUNT]->(there:Record) | there]) AS of_account
WITH viewer, r, asked, CASE WHEN visible.record(of_account) THEN of_account END AS of_account
WHERE coalesce(toLower(of_account.postalCode) = asked.c0, false)
WITH viewer, collect(r) AS seen, [sum((coalesce(r.actualValue, 0)) / 4294967296), sum((coalesce(r.actualValue, 0)) % 4294967296)] AS pair
CALL (viewer, seen) {
  UNWIND seen AS r
  WITH viewer, r
  WHERE $after_id IS NULL OR r.name > $after_name OR (r.name = $after_name AND r.id > $after_id)
  WITH viewer, r
  ORDER BY r.name, r.id
  LIMIT $first
  RETURN collect(columns.seen_record(r)) AS records
}
RETURN records, size(seen) AS total_count, pair[0] AS high, pair[1] AS low
