// Everything shown of a user, team, business unit, territory or product line, for graph.owners.owner_row.
{kind: entity.kind, id: entity.id, external_id: entity.externalId, name: entity.name,
  active: entity.active, administrator: entity.administrator,
  unit_id: head([(entity)-[:IN_UNIT]->(unit:BusinessUnit) | unit.id]),
  manager_id: head([(entity)-[:REPORTS_TO]->(manager:User) | manager.id]),
  team_ids: COLLECT { MATCH (entity)-[:MEMBER_OF]->(team:Team) RETURN team.id ORDER BY team.name, team.id },
  parent_id: head([(entity)-[:CHILD_OF]->(parent:Owner) | parent.id])}
