"""Pages for people: the admin."""
