// Currencies: exchange rates, one for a currency and day; amounts of money in base currency beside the original ones.
CREATE CONSTRAINT exchange_rate_key IF NOT EXISTS FOR (n:ExchangeRate) REQUIRE (n.currency, n.validFrom) IS UNIQUE;
UNWIND ['ExchangeRate'] AS name
CALL db.createLabel(name)
RETURN count(*) AS created;
UNWIND ['currency', 'validFrom', 'rate', 'inheritedCurrency', 'rateDate', 'timeZoneCursor', 'estimatedValue', 'actualValue',
  'totalAmount', 'estimatedValueBase', 'actualValueBase', 'totalAmountBase'] AS name
CALL db.createProperty(name)
RETURN count(*) AS created;
// Until now all money was in base currency, and a record was saved first when it was made.
MATCH (r:Record)
WHERE (r.estimatedValue IS NOT NULL OR r.actualValue IS NOT NULL OR r.totalAmount IS NOT NULL)
  AND r.rateDate IS NULL
CALL (r) {
  SET r.estimatedValueBase = r.estimatedValue, r.actualValueBase = r.actualValue, r.totalAmountBase = r.totalAmount,
    r.rateDate = date(r.createdAt)
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS migrated;
