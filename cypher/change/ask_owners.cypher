// Ask that the own part of every open goal be worked out anew that counts through these owners, or whose query looks at structure.
// sees: engine
CALL () {
  MATCH (owner:Owner)
  WHERE owner.id IN $owners
  // Unbounded: structure trees have any depth.
  MATCH (owner)((:Owner)-[:CHILD_OF]->(:Owner)){0,}(above:Owner)
  WITH DISTINCT above
  MATCH (g:Goal {ownedBy: above.id})
  WHERE g.recordSet = 'OWNED'
  RETURN g
  UNION
  MATCH (query:RollupQuery)<-[:FILTERED_BY]-(g:Goal)
  WHERE query.asksStructure
  RETURN g
}
WITH g
WHERE g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren
WITH g
WHERE NOT columns.asked(g)
CREATE (:RollupChange {goal: g.id, recompute: true, at: datetime.realtime(), batch: $batch})
RETURN count(*) AS count
