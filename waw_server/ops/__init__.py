"""What the server stands on: its database, and whether its parts answer."""
