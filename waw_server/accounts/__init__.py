"""Who somebody is, which devices are signed in, and what was agreed to."""
