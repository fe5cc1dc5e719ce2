// What is shown of a metric, with the keys of graph.metric.MetricRow's fields.
{
  id: entity.id,
  name: entity.name,
  description: entity.description,
  type: entity.type,
  data_type: entity.dataType,
  tracks_stretch_target: entity.tracksStretchTarget,
  in_use: EXISTS { (entity)<-[:MEASURED_BY]-(:Goal) },
  fields: COLLECT {
    MATCH (entity)-[:HAS_FIELD]->(field:RollupField)-[:READS]->(type:RecordType)
    RETURN {
      id: field.id,
      category: field.category,
      record_type: type.key,
      label: type.label,
      amount_field: field.amountField,
      date_field: field.dateField,
      state: field.state,
      statuses: field.statuses,
      state_from_parent: coalesce(field.stateFromParent, false),
      date_from_parent: coalesce(field.dateFromParent, false)
    }
    ORDER BY field.category
  },
  time_zone: head(COLLECT {
    MATCH (organization:Organization)
    RETURN organization.timeZone
  }),
  base_currency: head(COLLECT {
    MATCH (organization:Organization)
    RETURN organization.baseCurrency
  }),
  thresholds: head(COLLECT {
    MATCH (organization:Organization)
    RETURN [organization.onTrackFrom, organization.behindFrom]
  }),
  late_after_days: head(COLLECT {
    MATCH (organization:Organization)
    RETURN organization.lateAfterDays
  })
}
