// The owners of a kind with these external ids as they are stored, with their links, for comparison with a batch.
// sees: engine
UNWIND $external_ids AS external_id
MATCH (o:Owner {kind: $kind, externalId: external_id})
RETURN external_id, properties(o) AS properties,
  [(o)-[link:IN_UNIT|MEMBER_OF|REPORTS_TO|CHILD_OF]->(target:Owner) | [type(link), target.externalId]] AS targets,
  [(o)<-[:MEMBER_OF]-(member:User) | member.externalId] AS members
ORDER BY external_id
