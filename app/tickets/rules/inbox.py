"""Since when a customer waits for a word. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a ticket: `at` by its own system's clock, `received_at` by ours."""

    kind: str
    at: datetime
    received_at: datetime


def waiting_since(said: Iterable[Said], *, closed: bool, handled_at: datetime | None) -> datetime | None:
    """When we received the first thing that the customer wrote and nobody has answered; None when nothing waits.

    A colleague's reply in the ticket answers all before it; Level 1's hand (`handled_at`) all that was received before
    it, and the opening whenever that arrives. A closed ticket waits for nobody.
    """
    if closed:
        return None
    entries = list(said)
    answered = max((one.at for one in entries if one.kind == "staff"), default=None)
    waiting = (
        one.received_at
        for one in entries
        if one.kind in {"opened", "customer"}
        and (answered is None or one.at > answered)
        and (handled_at is None or (one.kind == "customer" and one.received_at > handled_at))
    )
    return min(waiting, default=None)
