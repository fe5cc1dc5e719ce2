// Put roots below their parents: pairs of child and parent. The sums above are the caller's to care for.
// sees: engine
UNWIND $pairs AS pair
MATCH (child:Goal {id: pair[0]})
USING INDEX SEEK child:Goal(id)
MATCH (parent:Goal {id: pair[1]})
USING INDEX SEEK parent:Goal(id)
CREATE (child)-[:CHILD_OF]->(parent)
RETURN count(*) AS count
