// All exchange rates of these currencies, oldest first.
// sees: engine
UNWIND $currencies AS currency
MATCH (rate:ExchangeRate {currency: currency})
WITH currency, rate
ORDER BY currency, rate.validFrom
// Days as text: temporal values are dear on the wire.
RETURN currency, collect(toString(rate.validFrom)) AS days, collect(rate.rate) AS rates
ORDER BY currency
