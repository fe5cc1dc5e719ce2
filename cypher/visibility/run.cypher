// True where `viewer` may see the run `entity`: who may read the settings sees all, others what they began or whose root they see.
CASE
  WHEN viewer.administrator OR viewer.may_read_settings = 4 THEN true
  WHEN entity.who = viewer.id THEN true
  ELSE EXISTS {
    MATCH (root:Goal {id: entity.root})
    WHERE visible.goal(root)
  }
END
