// What is shown of a role, for graph.role.RoleRow.
{id: entity.id, name: entity.name, description: entity.description, shipped: entity.shipped, privileges: entity.privileges}
