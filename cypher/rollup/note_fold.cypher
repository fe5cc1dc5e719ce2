// Tell a tree's root when changes were last added to its totals, and goals that some came after their time.
// sees: engine
MATCH (root:Goal {id: $root})
SET root.foldedAt = $now
WITH root
CALL () {
  UNWIND $late AS id
  MATCH (g:Goal {id: id})
  SET g.lateChanges = true
}
RETURN root.calculatedAt AS calculated_at, toString(root.holdsUntil) AS holds_until
