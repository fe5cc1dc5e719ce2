// Remove links of one type between owners, each named by the external ids of its two ends.
// sees: engine
UNWIND $links AS pair
MATCH (source:Owner {kind: $source_kind, externalId: pair[0]})-[link]->(target:Owner {kind: $target_kind})
WHERE type(link) = $relationship AND target.externalId = pair[1]
DELETE link
RETURN count(*) AS count
