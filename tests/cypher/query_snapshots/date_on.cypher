WITH r, given AS asked
WHERE coalesce(r.date = asked.c0, false)
