// The rollup fields that count records of a type, or of types whose records can be parts of those.
// sees: engine
MATCH (:RecordType {key: $key})((:RecordType)<-[:CHILD_OF]-(:RecordType)){0,4}(read:RecordType)
  <-[:READS]-(field:RollupField)<-[:HAS_FIELD]-(metric:Metric)
RETURN metric.id AS metric, field.category AS category, read.key AS record_type, field.amountField AS amount_field,
  field.dateField AS date_field, field.state AS state, field.statuses AS statuses,
  coalesce(field.stateFromParent, false) AS state_from_parent, coalesce(field.dateFromParent, false) AS date_from_parent
ORDER BY metric, category
