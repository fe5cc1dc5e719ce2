// What is shown of a rollup query, with the keys of graph.rollup_query.RollupQueryRow's fields.
{
  id: entity.id,
  name: entity.name,
  description: entity.description,
  record_type: head([(entity)-[:QUERIES]->(type:RecordType) | type.key]),
  spec: entity.spec,
  in_use: EXISTS { (entity)<-[:FILTERED_BY]-(:Goal) },
  created_at: entity.createdAt,
  updated_at: entity.updatedAt
}
