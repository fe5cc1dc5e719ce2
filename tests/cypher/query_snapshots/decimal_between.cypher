WITH r, given AS asked
WHERE coalesce(asked.c0 <= r.decimal <= asked.c1, false)
