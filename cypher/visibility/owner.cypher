// True where `viewer` may see the owner `entity`: every active user may see users and structure.
(viewer.active)
