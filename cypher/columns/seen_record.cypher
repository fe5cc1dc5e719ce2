// Everything shown of a visible record, for graph.record.RecordRow (which leaves out what is masked); account and parent only where the viewer may see them.
{masked: viewer.masked,
  properties: properties(entity),
  owner_id: columns.record_owner(entity).id,
  territory_id: columns.record_territory(entity).id,
  product_line_id: columns.record_product_line(entity).id,
  account_id: head(COLLECT {
    WITH columns.record_account(entity) AS account
    WHERE visible.record(account)
    RETURN account.id
  }),
  parent_id: head([(entity)-[:PART_OF]->(above:Record) WHERE visible.record(above) | above.id])}
