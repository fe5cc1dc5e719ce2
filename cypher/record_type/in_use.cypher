// Whether a type has records, and whether any of them has an amount of money. $money: the properties that hold such.
// sees: engine
RETURN EXISTS { MATCH (:Record {type: $key}) } AS records,
  EXISTS {
    MATCH (r:Record {type: $key})
    WHERE any(property IN $money WHERE r[property] IS NOT NULL)
  } AS money
