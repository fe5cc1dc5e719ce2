// New values for the organization's properties.
// sees: engine
MATCH (o:Organization {key: 'organization'})
SET o += $properties
RETURN count(o) AS count
