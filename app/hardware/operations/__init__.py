"""The verbs of the machines: enter and cable assets, ask them how they are, light their ID LED."""
