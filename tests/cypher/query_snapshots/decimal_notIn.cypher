WITH r, given AS asked
WHERE (NOT coalesce(r.decimal IN asked.c0, false))
