"""The vocabularies in which vendor files speak, one per protocol, and what each makes of a device's answers."""
