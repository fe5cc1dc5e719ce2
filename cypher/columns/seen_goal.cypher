// Everything shown of a visible goal, as graph.goal.GoalRow.read takes it; that leaves out what the viewer may not read.
[columns.goal(entity)] + columns.goal_links(entity) + columns.visible_parent(entity) + columns.root_facts(entity)
  + [columns.pending(entity), columns.goal_queries(entity), columns.withheld(viewer)]
