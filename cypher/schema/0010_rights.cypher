// Roles, field profiles and shares; and what follows from them for each user, kept on the user (docs/decisions/0013).
CREATE CONSTRAINT role_id IF NOT EXISTS FOR (n:Role) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT role_name_key IF NOT EXISTS FOR (n:Role) REQUIRE n.nameKey IS UNIQUE;
CREATE CONSTRAINT field_profile_id IF NOT EXISTS FOR (n:FieldProfile) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT field_profile_name_key IF NOT EXISTS FOR (n:FieldProfile) REQUIRE n.nameKey IS UNIQUE;
CREATE INDEX user_unit_place IF NOT EXISTS FOR (n:User) ON (n.unitPlace);
UNWIND ['Role', 'FieldProfile'] AS name
CALL db.createLabel(name)
RETURN count(*) AS created;
UNWIND ['HAS_ROLE', 'IN_PROFILE', 'SHARED_WITH'] AS name
CALL db.createRelationshipType(name)
RETURN count(*) AS created;
UNWIND ['shipped', 'privileges', 'fields', 'reads', 'writes', 'unitPlace', 'unitLast', 'parentOnly', 'masked', 'unwritable',
  'ancestorManagers'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
UNWIND ['create', 'read', 'write', 'delete', 'assign', 'share', 'use', 'aggregate', 'recalculate', 'override'] AS operation
UNWIND ['goal', 'metric', 'rollup_query', 'record', 'structure', 'settings', 'audit'] AS kind
CALL db.createProperty('may_' + operation + '_' + kind)
RETURN count(*) AS created;
