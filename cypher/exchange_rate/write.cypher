// Make exchange rates, or change those there are; how many became what.
// sees: engine
UNWIND $rows AS row
MERGE (rate:ExchangeRate {currency: row[0], validFrom: row[1]})
WITH rate, row[2] AS wanted, rate.rate AS before
SET rate.rate = wanted
RETURN count(CASE WHEN before IS NULL THEN 1 END) AS inserted,
  count(CASE WHEN before <> wanted THEN 1 END) AS updated,
  count(CASE WHEN before = wanted THEN 1 END) AS unchanged
