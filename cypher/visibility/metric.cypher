// Metrics and their rollup fields are seen by every active user: nobody could read a goal without them.
(viewer.active AND entity.id IS NOT NULL)
