// What is stored with the organization, its settings among it.
// sees: engine
MATCH (o:Organization {key: 'organization'})
RETURN properties(o) AS properties
