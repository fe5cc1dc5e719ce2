// True where `viewer` may see the rollup query `entity`: who has a role that reads them, administrators.
coalesce(viewer.administrator OR (viewer.may_read_rollup_query = 4 AND entity.id IS NOT NULL), false)
