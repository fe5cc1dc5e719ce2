WITH r, given AS asked
WHERE (r.choice IS NULL)
