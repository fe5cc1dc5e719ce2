WITH r, given AS asked
WHERE coalesce(r.decimal IN asked.c0, false)
