"""The GraphQL schema: translation only, one domain call from each operation."""
