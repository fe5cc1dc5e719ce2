WITH r, given AS asked
WHERE (NOT coalesce(r.boolean = asked.c0, false))
