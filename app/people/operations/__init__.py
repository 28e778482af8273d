"""The verbs of people: accounts and roles, passwords, signing in, API tokens."""
