// Everything shown of a visible goal, in the order of graph.goal.GoalRow's fields.
columns.goal(entity) + columns.goal_links(entity) + columns.visible_parent(entity) + columns.root_facts(entity)
