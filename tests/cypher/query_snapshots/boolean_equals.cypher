WITH r, given AS asked
WHERE coalesce(r.boolean = asked.c0, false)
