WITH r, given AS asked
WHERE coalesce(r.integer IN asked.c0, false)
