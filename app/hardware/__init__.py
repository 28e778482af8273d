"""Assets, cabling, credentials, and what the machines themselves say."""
