// Write the places of business units.
// sees: engine
UNWIND $rows AS row
MATCH (u:Owner {id: row[0]})
SET u.unitPlace = row[1], u.unitLast = row[2]
RETURN count(*) AS count
