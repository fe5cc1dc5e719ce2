WITH r, given AS asked
WHERE (r.boolean IS NOT NULL)
