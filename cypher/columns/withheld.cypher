// What is kept of goals from the viewer `entity`: secured fields, and the queries from who may see no rollup query.
CASE WHEN coalesce(entity.administrator OR entity.may_read_rollup_query = 4, false) THEN entity.masked
  ELSE coalesce(entity.masked, []) + ['goal.queries'] END
