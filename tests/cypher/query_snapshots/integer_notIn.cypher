WITH r, given AS asked
WHERE (NOT coalesce(r.integer IN asked.c0, false))
