"""A call for help from the rack rings one person after the other until somebody takes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=5)  # how long one person is given before the next one is rung
BETWEEN_ROUNDS = timedelta(minutes=15)  # once everybody was rung in vain
AT_THEIR_SCREEN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody of the team. `seen_at`: last at a page (true time); `rung_at`: last rung by any call."""

    id: int
    full_name: str
    phone: str | None
    seen_at: datetime | None
    rung_at: datetime | None


def next_of(people: Sequence[Reachable], rung: Sequence[int], *, true: datetime) -> Reachable | None:
    """Whom this call rings now; None when nobody is there. `rung` are the people it rang already, in that order.

    Who was not rung yet comes first, and of those who works at a page, then who has a telephone, then whoever was rung
    least lately by any call. When everybody was rung, it begins again with who was rung first.
    """
    fresh = [one for one in people if one.id not in rung]
    if fresh:
        return min(fresh, key=lambda one: (_is_away(one, true), one.phone is None, _last(one), one.full_name))
    there = {one.id: one for one in people}
    again = [there[who] for who in dict.fromkeys(reversed(rung)) if who in there]
    return again[-1] if again else None


def patience(people: Sequence[Reachable], rung: Sequence[int]) -> timedelta:
    """How long the one rung now is given; `rung` are those before."""
    return PATIENCE if any(one.id not in rung for one in people) else BETWEEN_ROUNDS


def _is_away(one: Reachable, true: datetime) -> bool:
    return one.seen_at is None or true - one.seen_at > AT_THEIR_SCREEN


def _last(one: Reachable) -> float:
    return one.rung_at.timestamp() if one.rung_at else 0.0
