// The currency of each of these records that has one: its own, or that of the record it is part of.
// sees: engine
UNWIND $ids AS id
MATCH (r:Record {id: id})
WITH r, coalesce(r.currency, r.inheritedCurrency) AS currency
WHERE currency IS NOT NULL
RETURN r.id AS id, currency
ORDER BY id
