WITH r, given AS asked
WHERE (NOT coalesce(r.choice = asked.c0, false))
