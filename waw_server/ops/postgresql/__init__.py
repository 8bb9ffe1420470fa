"""Django's backend for PostgreSQL, made quicker where each request pays for it."""
