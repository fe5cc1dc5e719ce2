// Make the organization with its defaults if there is none, and lock it: whoever changes structure does this first.
// sees: engine
MERGE (o:Organization {key: 'organization'})
ON CREATE SET o += $defaults
SET o.lock = 0
RETURN count(o) AS count
