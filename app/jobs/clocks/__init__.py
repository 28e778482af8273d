"""Clocks of what was promised: who had the work when, whether their clock ran, and why. Pure.

A clock is never stored as kept or missed: it is worked out from facts (events, owners, calendars, deliveries) and now.
"""

from app.jobs.clocks.clock import Clock, Promise, Standing
from app.jobs.clocks.ledger import Segment, Turn, ledger, spent, when_spent
from app.jobs.clocks.owners import Owner, calendars_for

__all__ = [
    "Clock",
    "Owner",
    "Promise",
    "Segment",
    "Standing",
    "Turn",
    "calendars_for",
    "ledger",
    "spent",
    "when_spent",
]
