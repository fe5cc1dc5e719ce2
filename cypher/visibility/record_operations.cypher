// What `viewer` may do with the record `entity`, beside seeing it: operations as graph.rights.Operation names them. No share and
// no ownership allows any of it.
[operation IN ['write', 'delete', 'assign', 'share'] WHERE CASE
  WHEN viewer.administrator THEN true
  WHEN entity.restricted THEN false
  ELSE CASE coalesce(viewer['may_' + operation + '_record_' + entity.type], viewer['may_' + operation + '_record'])
    WHEN 4 THEN true
    WHEN 3 THEN columns.record_owner(entity) = viewer
      OR viewer.unitPlace <= columns.record_owner(entity).unitPlace <= viewer.unitLast
    WHEN 2 THEN columns.record_owner(entity) = viewer OR viewer.unitPlace = columns.record_owner(entity).unitPlace
    WHEN 1 THEN columns.record_owner(entity) = viewer
    ELSE false
  END
END]
