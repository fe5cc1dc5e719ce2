WITH r, given AS asked
WHERE (NOT coalesce(r.decimal = asked.c0, false))
