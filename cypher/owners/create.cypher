// New owners of a kind, without links.
// sees: engine
UNWIND $rows AS row
CREATE (o:Owner:$($label))
SET o = row
RETURN count(o) AS count
