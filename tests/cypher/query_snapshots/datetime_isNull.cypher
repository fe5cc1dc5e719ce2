WITH r, given AS asked
WHERE (r.datetimeDate IS NULL)
