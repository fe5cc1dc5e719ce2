WITH r, given AS asked
WHERE coalesce(r.choice IN asked.c0, false)
