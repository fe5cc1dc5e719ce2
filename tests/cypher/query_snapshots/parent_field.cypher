WITH r, given AS asked
WITH *,
  head([(r)-[:PART_OF]->(part:Order) | part]) AS of_parent
WHERE coalesce(of_parent.totalAmountBase > asked.c0, false)
