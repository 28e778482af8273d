"""The demo: three data centers with real protocol servers behind every machine, on one computer."""
