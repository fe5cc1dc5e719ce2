// What is wrong with money: base amounts, currencies, rates, dates in another time zone. $amounts: MONEY fields by type.
// sees: engine
CALL () {
  MATCH (r:Record)
  UNWIND [
    ['base amount', none(name IN $amounts[r.type] WHERE (r[name] IS NULL) <> (r[name + 'Base'] IS NULL))],
    ['currency', r.currency IS NULL OR r.currency IN $currencies],
    ['inherited currency', coalesce(r.inheritedCurrency, '') = CASE WHEN r.currency IS NULL
      THEN coalesce(head([(r)-[:PART_OF]->(above:Record) | coalesce(above.currency, above.inheritedCurrency)]), '')
      ELSE '' END],
    ['rate date', r.rateDate IS :: DATE]
  ] AS rule
  RETURN 'a record\'s ' + rule[0] AS what, rule[1] AS well, coalesce(r.id, elementId(r)) AS id
  UNION ALL
  MATCH (rate:ExchangeRate)
  RETURN 'an exchange rate' AS what, rate.currency IN $currencies AND rate.validFrom IS :: DATE NOT NULL
    AND rate.rate IS :: INTEGER NOT NULL AND rate.rate > 0 AS well, coalesce(rate.currency, elementId(rate)) AS id
  UNION ALL
  MATCH (o:Organization)
  RETURN 'the base currency' AS what, o.baseCurrency IN $currencies AS well, 'organization' AS id
  UNION ALL
  MATCH (o:Organization)
  RETURN 'the change of the time zone (repeat setTimeZone)' AS what, o.timeZoneCursor IS NULL AS well,
    'organization' AS id
}
WITH 'Money and dates: ' + what + ' is missing, wrong or unfinished' AS name, well, id
WHERE NOT coalesce(well, false)
WITH name, id
ORDER BY id
RETURN name, count(*) AS count, collect(id)[..10] AS ids
ORDER BY name
