"""Rackside: escalated tickets become on-site work orders that the machine itself proves done."""
