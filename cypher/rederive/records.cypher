// A batch of records, by id, with what is derived of them and what it is derived from. $types: names of properties by key.
// sees: engine
MATCH (r:Record)
WHERE r.id > $after
WITH r
ORDER BY r.id
LIMIT $size
WITH r, $types[r.type] AS type
WITH r, type, coalesce(r.currency, r.inheritedCurrency) AS currency, coalesce(r[type.date], r.rateDate) AS day
RETURN max(r.id) AS last, count(r) AS examined,
  // Moments in seconds and dates as text: temporal values are dear on the wire.
  collect(CASE
    WHEN (currency <> $base AND ($currency IS NULL OR currency = $currency) AND ($since IS NULL OR day >= $since))
      OR any(name IN type.moments WHERE r[name] IS NOT NULL)
    THEN [
      r.id, r.type, currency, toString(day),
      [name IN type.amounts | r[name]],
      [name IN type.amounts | r[name + 'Base']],
      [name IN type.moments | r[name].epochSeconds],
      [name IN type.moments | toString(r[name + 'Date'])]
    ] END) AS rows
