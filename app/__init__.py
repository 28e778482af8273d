"""Rackside: escalated tickets become on-site work orders that the machine itself proves done."""

__version__ = "0.1.0"
