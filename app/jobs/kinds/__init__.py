"""One file per kind of job, found by scanning this folder."""
