"""Two graphs that some viewers cannot tell apart: scenes, what changes out of sight, documents, how answers compare."""
