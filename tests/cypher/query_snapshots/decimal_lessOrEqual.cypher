WITH r, given AS asked
WHERE coalesce(r.decimal <= asked.c0, false)
