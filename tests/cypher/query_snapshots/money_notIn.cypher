WITH r, given AS asked
WHERE (NOT coalesce(r.moneyBase IN asked.c0, false))
