// Change goals; where one comes to something else than on an earlier day, that goes into its history.
// sees: engine
UNWIND $rows AS row
MATCH (g:Goal {id: row.id})
WITH g, row, g.changedOn AS since
// Not looked at in a first run, nor for what changed today already.
WITH g, row, since, CASE WHEN since <> $today THEN columns.worth(g) END AS before
SET g += row.changes
columns.kept(g)
RETURN count(*) AS count
