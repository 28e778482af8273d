"""What every package stands on: settings, database, clock, errors, events, permissions. Knows nobody."""
