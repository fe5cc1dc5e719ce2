WITH r, given {.*, c0: toLower(given.c0)} AS asked
WHERE coalesce(toLower(r.text) STARTS WITH asked.c0, false)
