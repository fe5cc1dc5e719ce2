WITH r, given AS asked
WHERE coalesce(r.choice = asked.c0, false)
