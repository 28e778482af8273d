"""What managers want to know of a period: promises kept or why not, where time went, how repairs went. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.jobs.clocks import Clock, Promise, Standing
from app.jobs.clocks.facts import changes, order_turns
from app.jobs.clocks.ledger import Pace, ledger
from app.jobs.clocks.promises import OrderRecord
from app.jobs.states import ENDED, OrderState

TOP_CAUSES = 3
WORK = frozenset({"is worked on"})
AGAIN = frozenset({OrderState.CLOSED, OrderState.AWAITING_CONFIRMATION})


@dataclass(frozen=True, slots=True)
class Attainment:
    """One promise over the period: how often kept and missed; `replaced`: another time was told before it passed."""

    promise: Promise
    kept: int
    missed: int
    replaced: int
    running: int
    causes: Sequence[tuple[str, int]]

    @property
    def share(self) -> float | None:
        """Of those decided, how many were kept, 0 to 1; None when none is decided."""
        decided = self.kept + self.missed
        return self.kept / decided if decided else None


@dataclass(frozen=True, slots=True)
class Waited:
    """Time that orders spent on one reason, outside of anybody's hands; `counts` False: not against us."""

    reason: str
    length: timedelta
    counts: bool


@dataclass(frozen=True, slots=True)
class Repairs:
    """How good the repairs were, of orders whose hands were done in the period."""

    finished: int
    first_time: int
    no_fault_found: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Load:
    """One technician's orders and the time they worked on them."""

    name: str
    orders: int
    worked: timedelta


def attainments(clocks: Iterable[Clock], now: datetime) -> list[Attainment]:
    """Every promise in the order of a ticket's life, also one that nobody gave."""
    counted: dict[Promise, Counter[Standing]] = defaultdict(Counter)
    causes: dict[Promise, Counter[str]] = defaultdict(Counter)
    for clock in clocks:
        standing = clock.standing(now)
        counted[clock.promise][standing] += 1
        if standing == Standing.MISSED and (cause := clock.cause()) is not None:
            causes[clock.promise][f"{cause.owner.words}: {cause.why}"] += 1
    return [
        Attainment(
            promise, counted[promise][Standing.KEPT], counted[promise][Standing.MISSED],
            counted[promise][Standing.REPLACED],
            sum(counted[promise][s] for s in (Standing.RUNNING, Standing.SOON, Standing.PAUSED)),
            causes[promise].most_common(TOP_CAUSES),
        )
        for promise in Promise
    ]  # fmt: skip


def waited(records: Iterable[OrderRecord], now: datetime) -> list[Waited]:
    """Where the orders' time went while nobody worked on them, the longest first."""
    lengths: Counter[tuple[str, bool]] = Counter()
    for record in records:
        turns = order_turns(record.facts, record.calls, asked_for=record.asked_for)
        moved = changes(record.facts)
        until = moved[-1][0] if moved and moved[-1][1].to_state in ENDED else now
        for segment in ledger(turns, record.calendars, turns[0].at, until) if turns else ():
            if segment.why in ENDED or (segment.why in WORK and segment.pace != Pace.PAUSED):
                continue
            outside = segment.pace == Pace.OUTSIDE
            reason = f"{segment.owner.words}: {'outside their hours' if outside else segment.why}"
            lengths[reason, segment.pace == Pace.RUNNING] += int(segment.length.total_seconds())
    return [Waited(reason, timedelta(seconds=s), counts) for (reason, counts), s in lengths.most_common()]


def came_again(record: OrderRecord) -> bool:
    """True when the customer, or Level 1, said that it was not fixed."""
    return any(fact.from_state in AGAIN and fact.to_state == OrderState.BOOKED for _, fact in changes(record.facts))


def worked(record: OrderRecord, now: datetime) -> timedelta:
    """How long hands were at work, whatever the hour."""
    moved = changes(record.facts)
    ends = [at for at, _ in moved[1:]] + [now]
    spans = zip(moved, ends, strict=True) if moved else ()
    return sum((end - at for (at, fact), end in spans if fact.to_state == OrderState.WORKING), timedelta(0))
