// Add links of one type between owners, each named by the external ids of its two ends.
// sees: engine
UNWIND $links AS pair
MATCH (source:Owner {kind: $source_kind, externalId: pair[0]})
MATCH (target:Owner {kind: $target_kind, externalId: pair[1]})
CREATE (source)-[:$($relationship)]->(target)
RETURN count(*) AS count
