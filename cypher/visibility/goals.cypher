// Binds `entity` to each goal the viewer may see, once: from the viewer outwards, so that the cost follows what is visible.
CALL (viewer) {
  // A condition alone would be asked of each goal: of an empty list none is read.
  UNWIND CASE WHEN viewer.administrator THEN [true] ELSE [] END AS everything
  MATCH (entity:Goal)
  RETURN entity
  UNION ALL
  // Found in several ways, and once in all: only here are duplicates looked for.
  CALL (viewer) {
    WITH viewer
    WHERE NOT coalesce(viewer.administrator, false)
    MATCH (entity:Goal)-[:MANAGED_BY|OWNED_BY|SHARED_WITH]->(viewer)
    RETURN entity
    UNION
    WITH viewer
    WHERE NOT coalesce(viewer.administrator, false)
    MATCH (entity:Goal)-[:OWNED_BY|SHARED_WITH]->(:Team)<-[:MEMBER_OF]-(viewer)
    RETURN entity
    UNION
    UNWIND CASE WHEN NOT coalesce(viewer.administrator, false) AND viewer.may_read_goal = 4 THEN [true] ELSE [] END AS all_open
    MATCH (entity:Goal)
    WHERE NOT entity.restricted
    RETURN entity
    UNION
    WITH viewer
    WHERE NOT coalesce(viewer.administrator, false) AND 2 <= viewer.may_read_goal <= 3
    MATCH (holder:User)
    WHERE viewer.unitPlace <= holder.unitPlace
      <= CASE viewer.may_read_goal WHEN 2 THEN viewer.unitPlace ELSE viewer.unitLast END
    MATCH (entity:Goal)-[:MANAGED_BY]->(holder)
    WHERE NOT entity.restricted
    RETURN entity
    UNION
    WITH viewer
    WHERE NOT coalesce(viewer.administrator, false) AND coalesce(viewer.may_read_goal, 0) < 4 AND viewer.parentOnly IS NULL
    MATCH (managed:Goal)-[:MANAGED_BY]->(viewer)
    MATCH (managed)((:Goal)<-[:CHILD_OF]-(:Goal)){1,}(entity:Goal)
    WHERE NOT entity.restricted
    RETURN entity
    UNION
    WITH viewer
    WHERE NOT coalesce(viewer.administrator, false) AND coalesce(viewer.may_read_goal, 0) < 4 AND viewer.parentOnly
    MATCH (entity:Goal)-[:CHILD_OF]->(:Goal)-[:MANAGED_BY]->(viewer)
    WHERE NOT entity.restricted
    RETURN entity
  }
  RETURN entity
}
