// The id of the parent of the goal `entity` if the viewer may see it, else null: a hidden parent is no parent.
[head(COLLECT { MATCH (entity)-[:CHILD_OF]->(parent:Goal) WHERE visible.goal(parent) RETURN parent.id })]
