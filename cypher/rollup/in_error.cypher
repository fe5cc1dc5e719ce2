// Those of these goals whose last numbers were kept because new ones could not be.
// sees: engine
MATCH (g:Goal)
WHERE g.id IN $ids AND g.rollupError IS NOT NULL
RETURN g.id AS id
ORDER BY id
