// What is shown of a field profile, for graph.field_profile.FieldProfileRow.
{id: entity.id, name: entity.name, fields: entity.fields, reads: entity.reads, writes: entity.writes,
  member_ids: COLLECT { MATCH (entity)<-[:IN_PROFILE]-(member:User) RETURN member.id ORDER BY member.name, member.id }}
