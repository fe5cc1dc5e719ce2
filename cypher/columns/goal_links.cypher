// The ids a goal points to: metric, manager, owner.
[
  head([(entity)-[:MEASURED_BY]->(metric:Metric) | metric.id]),
  head([(entity)-[:MANAGED_BY]->(manager:User) | manager.id]),
  head([(entity)-[:OWNED_BY]->(owner:Owner) | owner.id])
]
