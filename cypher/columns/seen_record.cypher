// Everything shown of a visible record, for graph.record.RecordRow; its account only where the viewer may see that too.
{properties: properties(entity),
  owner_id: head([(entity)-[:OWNED_BY]->(owner:Owner) | owner.id]),
  territory_id: head([(entity)-[:IN_TERRITORY]->(territory:Territory) | territory.id]),
  product_line_id: head([(entity)-[:FOR_PRODUCT_LINE]->(line:ProductLine) | line.id]),
  account_id: head([(entity)-[:FOR_ACCOUNT]->(account:Record) WHERE visible.record(account) | account.id])}
