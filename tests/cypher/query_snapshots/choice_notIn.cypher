WITH r, given AS asked
WHERE (NOT coalesce(r.choice IN asked.c0, false))
