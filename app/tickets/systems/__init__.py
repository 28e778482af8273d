"""One file per ticket system, found by scanning this folder."""
