MATCH (viewer:User {id: $viewer, active: true})
MATCH (top:Goal {id: $goal})
WHERE visible.goal(top)
CALL (top) {
  // Unbounded: a tree has any depth.
  MATCH (top)((above:Goal)<-[:CHILD_OF]-(step:Goal WHERE step.state <> 'CANCELLED')){0,}(g:Goal)
  WHERE NOT g.rollupOnlyFromChildren
    AND g.recordSet = 'OWNED'
    AND g.includeTeamMembers
    AND all(one IN above + [g] WHERE one = top OR one.actualPinned IS NULL)
  MATCH (g)-[:OWNED_BY]->(owner:Team)
  WITH *, g.startDate AS goal_start, g.endDate AS goal_end
  CALL (owner, goal_start, goal_end) {
    MATCH (owner)((:Team)<-[:MEMBER_OF]-(:User)){0,1}(:Owner)<-[:OWNED_BY]-(r:PhoneCall)
    WITH r, goal_start, goal_end, r.state AS record_state, r.actualEndDate AS on_actualEndDate
    WITH *
    WHERE record_state = $actual_state AND goal_start <= on_actualEndDate <= goal_end
    RETURN r
  }
  RETURN r
}
WITH r, count(*) AS times
WHERE times > 1
WITH count(r) AS records, [sum(((times - 1)) / 4294967296), sum(((times - 1)) % 4294967296)] AS pair
RETURN records, pair[0] AS high, pair[1] AS low
