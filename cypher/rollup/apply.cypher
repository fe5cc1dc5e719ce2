// Change goals; where one comes to something else than on an earlier day, that goes into its history.
// sees: engine
UNWIND $rows AS row
MATCH (g:Goal {id: row.id})
WITH g, row, properties(g) AS stored
WITH g, row, stored.changedOn AS since, columns.worth(stored) AS before
SET g += row.changes
columns.kept(g)
RETURN count(*) AS count
