// The id up to which records have their dates in the organization's time zone; null where all have.
// sees: engine
MATCH (o:Organization {key: 'organization'})
RETURN o.timeZoneCursor AS cursor
