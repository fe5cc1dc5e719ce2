// Make labels and property names known, so that the database warns of misspelt ones only.
// sees: engine
UNWIND $labels AS label
CALL db.createLabel(label)
WITH count(*) AS labels
UNWIND $properties AS name
CALL db.createProperty(name)
RETURN count(*) AS count
