// All that the rights of users follow from: roles, field profiles, restricted record types, whose goals' children are seen.
// sees: engine
RETURN COLLECT { MATCH (r:Role) RETURN [r.id, r.privileges] } AS roles,
  COLLECT { MATCH (p:FieldProfile) RETURN [p.id, p.fields, p.reads, p.writes] } AS profiles,
  COLLECT { MATCH (type:RecordType {restricted: true}) RETURN type.key } AS restricted_types,
  head(COLLECT { MATCH (o:Organization {key: 'organization'}) RETURN o.ancestorManagers }) AS ancestor_managers
