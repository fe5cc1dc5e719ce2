// How many things of each kind use these owners, but for the owners themselves.
// sees: engine
CALL () {
  MATCH (o:Owner)
  WHERE o.id IN $ids
  MATCH (o)<-[link]-(by)
  WHERE NOT coalesce(by.id, '') IN $ids
  RETURN by, CASE
    WHEN by:Goal THEN 'goal'
    WHEN by:Record THEN 'record'
    WHEN type(link) = 'MEMBER_OF' THEN 'member'
    WHEN type(link) = 'CHILD_OF' THEN 'child'
    WHEN by:User THEN 'user'
    WHEN by:Team THEN 'team'
    ELSE 'other thing'
  END AS what
  UNION
  // Conditions name owners by id: few queries, and each knows whom it names.
  MATCH (by:RollupQuery)
  WHERE any(id IN by.owners WHERE id IN $ids)
  RETURN by, 'rollup query' AS what
}
RETURN what, count(*) AS count
ORDER BY what
