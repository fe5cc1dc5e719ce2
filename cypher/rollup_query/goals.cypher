// The goals that a rollup query filters, and what each counts: of which types, whose records.
// sees: engine
MATCH (:RollupQuery {id: $id})<-[:FILTERED_BY]-(g:Goal)-[:OWNED_BY]->(owner:Owner)
WITH DISTINCT g, owner
RETURN g.id AS id, g.state = 'OPEN' AS is_open, NOT coalesce(g.rollupOnlyFromChildren, false) AS counts,
  owner.id AS owner, coalesce(g.includeTeamMembers, false) AS with_members, g.recordSet = 'ALL' AS all_records,
  COLLECT {
    MATCH (g)-[:MEASURED_BY]->(:Metric)-[:HAS_FIELD]->(:RollupField)-[:READS]->(type:RecordType)
    RETURN DISTINCT type.key
    ORDER BY type.key
  } AS types
ORDER BY id
