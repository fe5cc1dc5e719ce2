// New values for properties of records; null removes one.
// sees: engine
UNWIND $rows AS row
MATCH (r:Record {id: row.id})
SET r += row, r.updatedAt = $now
RETURN count(r) AS count
