WITH r, given AS asked
WHERE (r.moneyBase IS NULL)
