WITH r, given AS asked
WHERE (r.integer IS NOT NULL)
