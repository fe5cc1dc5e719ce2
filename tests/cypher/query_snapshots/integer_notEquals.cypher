WITH r, given AS asked
WHERE (NOT coalesce(r.integer = asked.c0, false))
