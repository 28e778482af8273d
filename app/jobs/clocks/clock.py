"""One clock of one promise: by when, how much of the time is spent, kept or missed, and through whom. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.jobs.clocks.ledger import Pace, Segment, spent


class Promise(StrEnum):
    """What was promised."""

    ACKNOWLEDGMENT = "acknowledgment"
    FIRST_RESPONSE = "first_response"
    UPDATE = "update"
    START = "start"
    FINISH = "finish"
    RESOLUTION = "resolution"

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")


class Standing(StrEnum):
    """How a clock stands at one moment."""

    RUNNING = "running"
    SOON = "soon"  # about to be missed
    PAUSED = "paused"
    KEPT = "kept"
    MISSED = "missed"
    REPLACED = "replaced"  # another time was told before this one passed, or it was not wanted any more


SOONEST = timedelta(minutes=1)
SOON_SHARE = 0.2
SOON_MOST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise to whoever reads `subject`'s ticket; instants are aware UTC.

    `due_at` is None while nobody can say (it waits for the customer); `met_at` is when what was promised happened;
    `ended_at` when it stopped being promised without having happened.
    """

    promise: Promise
    subject: str
    segments: tuple[Segment, ...]
    started_at: datetime
    due_at: datetime | None
    limit: timedelta | None = None
    met_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def spent(self) -> timedelta:
        """The time that counts, so far."""
        return spent(self.segments)

    def standing(self, now: datetime) -> Standing:
        """Kept, missed, or how it goes."""
        if self.met_at is not None:
            return Standing.MISSED if self._passed(self.met_at) else Standing.KEPT
        if self.ended_at is not None:
            return Standing.MISSED if self._passed(self.ended_at) else Standing.REPLACED
        if self._passed(now):
            return Standing.MISSED
        if self.due_at is None:
            return Standing.PAUSED
        return Standing.SOON if self.due_at - now <= self._warning() else Standing.RUNNING

    def _passed(self, at: datetime) -> bool:
        if self.due_at is not None:
            return at > self.due_at
        return self.limit is not None and self.spent > self.limit

    def _warning(self) -> timedelta:
        given = self.limit if self.limit is not None else (self.due_at or self.started_at) - self.started_at
        return max(SOONEST, min(SOON_MOST, given * SOON_SHARE))

    def cause(self) -> Segment | None:
        """With whom, and why, most of the counted time went; where none counted, most of the time."""
        for paces in ({Pace.RUNNING}, set(Pace)):
            times: Counter[tuple[str, str]] = Counter()
            for segment in self.segments:
                if segment.pace in paces:
                    times[segment.owner, segment.why] += int(segment.length.total_seconds())
            if times:
                (owner, why), _ = times.most_common(1)[0]
                return next(one for one in self.segments if (one.owner, one.why) == (owner, why))
        return None
