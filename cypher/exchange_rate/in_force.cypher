// The latest exchange rate on or before a day, for pairs of a currency and a day.
// sees: engine
UNWIND $pairs AS pair
CALL (pair) {
  MATCH (rate:ExchangeRate {currency: pair[0]})
  WHERE rate.validFrom <= date(pair[1])
  RETURN rate
  ORDER BY rate.validFrom DESC
  LIMIT 1
}
RETURN pair[0] AS currency, pair[1] AS on, toString(rate.validFrom) AS valid_from, rate.rate AS rate
ORDER BY currency, on
