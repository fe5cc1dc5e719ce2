WITH r, given AS asked
WHERE (r.date IS NOT NULL)
