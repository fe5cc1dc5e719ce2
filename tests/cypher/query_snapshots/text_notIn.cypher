WITH r, given {.*, c0: [one IN given.c0 | toLower(one)]} AS asked
WHERE (NOT coalesce(toLower(r.text) IN asked.c0, false))
