// One page of the goals that the viewer may see and that match the filter, in order, after a key; and how many match.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
visible.goals(g)
WITH viewer, g
WHERE ($search IS NULL OR toLower(g.title) CONTAINS toLower($search))
  AND ($states IS NULL OR g.state IN $states)
  AND ($fiscal_year IS NULL OR g.fiscalYear = $fiscal_year)
  AND ($fiscal_index IS NULL OR g.fiscalIndex = $fiscal_index)
  AND ($on IS NULL OR g.startDate <= $on <= g.endDate)
  AND ($metric IS NULL OR EXISTS { (g)-[:MEASURED_BY]->(:Metric {id: $metric}) })
  AND ($manager IS NULL OR EXISTS { (g)-[:MANAGED_BY]->(:User {id: $manager}) })
  AND ($owner IS NULL OR EXISTS { (g)-[:OWNED_BY]->(:Owner {id: $owner}) })
  AND (NOT $roots_only OR NOT EXISTS { MATCH (g)-[:CHILD_OF]->(parent:Goal) WHERE visible.goal(parent) })
// Who may not read a field gets nothing out of its order: all its values are null.
WITH viewer, collect({
    goal: g,
    key: CASE WHEN 'goal.' + $order_property IN viewer.masked THEN null ELSE g[$order_property] END
  }) AS matches
CALL (viewer, matches) {
  UNWIND matches AS match
  WITH viewer, match.goal AS g, match.key AS key, CASE WHEN match.key IS NULL THEN 1 ELSE 0 END AS unset
  WHERE $after_id IS NULL
    OR unset > $after_unset
    OR (unset = $after_unset AND (
      (NOT $descending AND key > $after_key)
      OR ($descending AND key < $after_key)
      OR ((key = $after_key OR unset = 1) AND g.id > $after_id)))
  WITH viewer, g, key, unset
  ORDER BY unset, CASE WHEN $descending THEN null ELSE key END, CASE WHEN $descending THEN key END DESC, g.id
  LIMIT $first
  // A list of one, since collect() leaves out null, which goals without a target have.
  RETURN collect(columns.seen_goal(g)) AS goals, collect([key]) AS keys
}
RETURN goals, keys, size(matches) AS total_count
