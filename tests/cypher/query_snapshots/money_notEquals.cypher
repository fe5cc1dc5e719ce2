WITH r, given AS asked
WHERE (NOT coalesce(r.moneyBase = asked.c0, false))
