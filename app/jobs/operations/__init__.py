"""The verbs of the work. They take a session, write the event beside the change, and never commit."""
