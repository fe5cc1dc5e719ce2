// Whether there is any exchange rate.
// sees: engine
RETURN CASE WHEN EXISTS { (:ExchangeRate) } THEN 1 ELSE 0 END AS count
