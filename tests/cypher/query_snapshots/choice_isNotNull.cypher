WITH r, given AS asked
WHERE (r.choice IS NOT NULL)
