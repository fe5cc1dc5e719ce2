WITH r, given AS asked
WHERE (r.decimal IS NOT NULL)
