// Nothing: asked for what the server says beside it, how far its commits are.
// sees: aggregate
RETURN 1 AS count
