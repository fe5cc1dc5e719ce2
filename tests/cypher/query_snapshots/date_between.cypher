WITH r, given AS asked
WHERE coalesce(asked.c0 <= r.date <= asked.c1, false)
