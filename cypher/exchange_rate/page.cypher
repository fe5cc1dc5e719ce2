// One page of exchange rates by currency and day, of one currency or all, of one day or all; and how many match.
// sees: engine
CALL () {
  MATCH (rate:ExchangeRate)
  WHERE ($currency IS NULL OR rate.currency = $currency)
    AND ($on IS NULL OR (rate.validFrom <= $on AND NOT EXISTS {
      MATCH (later:ExchangeRate {currency: rate.currency})
      WHERE rate.validFrom < later.validFrom <= $on
    }))
  RETURN count(rate) AS total_count
}
CALL () {
  MATCH (rate:ExchangeRate)
  WHERE ($currency IS NULL OR rate.currency = $currency)
    AND ($on IS NULL OR (rate.validFrom <= $on AND NOT EXISTS {
      MATCH (later:ExchangeRate {currency: rate.currency})
      WHERE rate.validFrom < later.validFrom <= $on
    }))
    AND ($after_currency IS NULL OR rate.currency > $after_currency
      OR (rate.currency = $after_currency AND rate.validFrom > $after_day))
  WITH rate
  ORDER BY rate.currency, rate.validFrom
  LIMIT $first
  RETURN collect([rate.currency, toString(rate.validFrom), rate.rate]) AS rates
}
RETURN rates, total_count
