WITH r, given AS asked
WHERE coalesce(asked.c0 <= r.moneyBase <= asked.c1, false)
