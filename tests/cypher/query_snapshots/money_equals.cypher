WITH r, given AS asked
WHERE coalesce(r.moneyBase = asked.c0, false)
