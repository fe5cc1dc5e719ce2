WITH r, given AS asked
WHERE coalesce(asked.c0 <= r.integer <= asked.c1, false)
