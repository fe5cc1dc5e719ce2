"""Every way in: GraphQL, HTTP, the command line."""
