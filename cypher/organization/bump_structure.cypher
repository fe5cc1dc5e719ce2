// Say that the structure changed, which can move totals.
// sees: engine
MERGE (o:Organization {key: 'organization'})
ON CREATE SET o += $defaults
SET o.structureRevision = o.structureRevision + 1
RETURN o.structureRevision AS count
