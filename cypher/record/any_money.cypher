// Whether any record holds one of these properties.
// sees: engine
RETURN CASE WHEN EXISTS {
  MATCH (r:Record)
  WHERE any(name IN $names WHERE r[name] IS NOT NULL)
} THEN 1 ELSE 0 END AS count
