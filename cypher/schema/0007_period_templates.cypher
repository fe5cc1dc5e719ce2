// By which template a goal's fiscal index counts. Goals made before are told by their length, which is that of one template's
// periods only. Where it is February's, and that of four weeks, the calendar in force decides.
CALL db.createProperty('periodTemplate');
MATCH (g:Goal)
WHERE g.fiscalIndex IS NOT NULL AND g.periodTemplate IS NULL
OPTIONAL MATCH (o:Organization)
WITH g, o.template AS in_force, duration.inDays(g.startDate, g.endDate).days + 1 AS days,
  g.startDate + duration({months: 1}) = g.endDate + duration({days: 1}) AS is_month
SET g.periodTemplate = CASE
  WHEN days > 300 THEN 'ANNUAL'
  WHEN days > 150 THEN 'SEMIANNUAL'
  WHEN days > 80 THEN 'QUARTERLY'
  WHEN g.fiscalIndex = 13 THEN 'FOUR_WEEK'
  WHEN days > 28 OR is_month AND coalesce(in_force <> 'FOUR_WEEK', true) THEN 'MONTHLY'
  ELSE 'FOUR_WEEK'
END
RETURN count(*) AS backfilled;
