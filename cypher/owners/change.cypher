// New values for properties of owners.
// sees: engine
UNWIND $rows AS row
MATCH (o:Owner {id: row.id})
SET o += row
RETURN count(o) AS count
