WITH r, given AS asked
WHERE coalesce(r.moneyBase IN asked.c0, false)
