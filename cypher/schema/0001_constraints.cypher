// Uniqueness of every identity and natural key. Community has no existence or type constraints: `goals doctor` checks those.
CREATE CONSTRAINT goal_id IF NOT EXISTS FOR (n:Goal) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT metric_id IF NOT EXISTS FOR (n:Metric) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT metric_name_key IF NOT EXISTS FOR (n:Metric) REQUIRE n.nameKey IS UNIQUE;
CREATE CONSTRAINT rollup_field_id IF NOT EXISTS FOR (n:RollupField) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT record_type_key IF NOT EXISTS FOR (n:RecordType) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT record_type_id IF NOT EXISTS FOR (n:RecordType) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT record_id IF NOT EXISTS FOR (n:Record) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT record_external_id IF NOT EXISTS FOR (n:Record) REQUIRE (n.type, n.externalId) IS UNIQUE;
CREATE CONSTRAINT owner_id IF NOT EXISTS FOR (n:Owner) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT owner_external_id IF NOT EXISTS FOR (n:Owner) REQUIRE (n.kind, n.externalId) IS UNIQUE;
CREATE CONSTRAINT user_id IF NOT EXISTS FOR (n:User) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT user_external_id IF NOT EXISTS FOR (n:User) REQUIRE n.externalId IS UNIQUE;
CREATE CONSTRAINT organization_key IF NOT EXISTS FOR (n:Organization) REQUIRE n.key IS UNIQUE;
CREATE INDEX owner_name IF NOT EXISTS FOR (n:Owner) ON (n.kind, n.name);
CREATE INDEX record_name IF NOT EXISTS FOR (n:Record) ON (n.type, n.name);
