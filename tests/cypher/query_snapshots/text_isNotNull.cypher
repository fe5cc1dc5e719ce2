WITH r, given AS asked
WHERE (r.text IS NOT NULL)
