WITH r, given AS asked
WHERE coalesce(r.integer < asked.c0, false)
