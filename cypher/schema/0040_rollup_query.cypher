// Rollup queries, and their names made known.
CREATE CONSTRAINT rollup_query_id IF NOT EXISTS FOR (n:RollupQuery) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT rollup_query_name IF NOT EXISTS FOR (n:RollupQuery) REQUIRE n.nameKey IS UNIQUE;
CALL db.createLabel('RollupQuery');
CALL db.createRelationshipType('FILTERED_BY');
CALL db.createRelationshipType('QUERIES');
UNWIND ['spec', 'movesWithTheDay', 'readsAccounts', 'owners', 'fields', 'values', 'nameKey', 'category'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
