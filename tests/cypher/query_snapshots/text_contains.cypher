WITH r, given {.*, c0: toLower(given.c0)} AS asked
WHERE coalesce(toLower(r.text) CONTAINS asked.c0, false)
