// A run as a viewer may know it: what it counted is for who may read the settings.
entity {.id, .trigger, .who, .root, .state, .percent, .problem,
  started_at: entity.startedAt,
  ended_at: entity.endedAt,
  alive_until: entity.aliveUntil,
  counts: CASE WHEN viewer.administrator OR viewer.may_read_settings = 4
    THEN entity {.trees, .goals, .changed, .overflowed, .failed, .defects} END
}
