// What a rollup query is, with the keys of graph.rollup_query.RollupQueryRow's fields, but for whether it is in use.
{
  id: entity.id,
  name: entity.name,
  description: entity.description,
  record_type: head([(entity)-[:QUERIES]->(type:RecordType) | type.key]),
  spec: entity.spec,
  created_at: entity.createdAt,
  updated_at: entity.updatedAt
}
