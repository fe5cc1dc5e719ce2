// Delete exchange rates.
// sees: engine
UNWIND $rows AS row
MATCH (rate:ExchangeRate {currency: row[0], validFrom: row[1]})
DELETE rate
RETURN count(*) AS count
