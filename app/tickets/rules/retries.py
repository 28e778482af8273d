"""When a message that did not get through is tried again. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

STEPS: Final = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 21600))
"""Waiting after the first, second, ... attempt; the last one repeats."""
MOST_ATTEMPTS: Final = 18
"""About three days: longer than a weekend's outage. Then a person must look."""
LONGEST_WAIT: Final = timedelta(days=1)
SPREAD: Final = 0.2


def next_attempt(attempts: int, now: datetime, retry_after: timedelta | None, jitter: float) -> datetime | None:
    """When to try again after `attempts` failed ones (1 or more); None when it is time to give up.

    `jitter` is a random number from 0 to 1: it moves the waiting by -20 to +20 %, so that a thousand messages do not
    come back in the same second. `retry_after`, what the receiver asked for, is never undercut, up to a day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = STEPS[min(attempts, len(STEPS)) - 1] * (1 - SPREAD + 2 * SPREAD * jitter)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_WAIT))
    return now + wait


def waiting_asked(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for (seconds or an HTTP date); None when it is missing or makes no sense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))
