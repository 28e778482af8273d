"""One file from which an installation stands up again: the database, its keys, and the files that hold its settings."""
