WITH r, given AS asked
WHERE coalesce(asked.c0 <= r.datetimeDate <= asked.c1, false)
