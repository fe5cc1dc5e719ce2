WITH r, given AS asked
WHERE coalesce(r.datetimeDate = asked.c0, false)
