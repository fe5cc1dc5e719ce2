// Whether, for all of these record types, the viewer may aggregate the records that the goals of these owners count.
// sees: viewer
MATCH (viewer:User {id: $viewer, active: true})
UNWIND $owned AS pair
MATCH (owner:Owner {id: pair[0]})
// Whose records they are: a team's own, and its members' where asked for.
WITH viewer, pair, owner, [owner] + CASE WHEN owner:Team AND pair[1]
  THEN COLLECT { MATCH (owner)<-[:MEMBER_OF]-(member:User) RETURN member } ELSE [] END AS holders
RETURN pair[0] AS owner, pair[1] AS with_members, coalesce(viewer.administrator, false) OR all(type IN $types WHERE coalesce(
  CASE coalesce(viewer['may_aggregate_record_' + type], viewer.may_aggregate_record)
    WHEN 4 THEN true
    // A business unit's goal counts that of all units below it. Territories and product lines hold records of anybody.
    WHEN 3 THEN CASE
      WHEN owner:BusinessUnit THEN viewer.unitPlace <= owner.unitPlace <= viewer.unitLast
      WHEN owner:User OR owner:Team THEN all(holder IN holders WHERE holder = viewer
        OR coalesce(viewer.unitPlace <= holder.unitPlace <= viewer.unitLast, false)
        OR EXISTS { (viewer)-[:MEMBER_OF]->(holder) })
    END
    WHEN 2 THEN CASE
      WHEN owner:BusinessUnit THEN viewer.unitPlace = owner.unitPlace AND owner.unitPlace = owner.unitLast
      WHEN owner:User OR owner:Team THEN all(holder IN holders WHERE holder = viewer
        OR coalesce(viewer.unitPlace = holder.unitPlace, false)
        OR EXISTS { (viewer)-[:MEMBER_OF]->(holder) })
    END
    WHEN 1 THEN (owner:User OR owner:Team) AND all(holder IN holders WHERE holder = viewer
      OR EXISTS { (viewer)-[:MEMBER_OF]->(holder) })
  END, false)) AS covered
ORDER BY owner, with_members
