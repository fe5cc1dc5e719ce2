WITH r, given {.*, c0: toLower(given.c0)} AS asked
WHERE (NOT coalesce(toLower(r.text) = asked.c0, false))
