"""The outbox, and the engine that empties it into the server."""
