"""Clocks as a page shows them: how each stands, its ledger as rows, and the same as a strip to look at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.jobs.clocks import Clock, Promise, Standing
from app.jobs.clocks.ledger import Pace, Segment
from app.jobs.clocks.words import length_words, sentence

WIDTH = 360.0
THINNEST = 1.5  # what is there is seen

TITLES = {
    Promise.ACKNOWLEDGMENT: "We have it",
    Promise.FIRST_RESPONSE: "A person answers",
    Promise.UPDATE: "Regular news",
    Promise.START: "Begun in the promised range",
    Promise.FINISH: "Done when promised",
    Promise.RESOLUTION: "Solved in the usual time",
}
MARKS = {
    Standing.RUNNING: ("active", "running"),
    Standing.SOON: ("warning", "due soon"),
    Standing.PAUSED: ("waiting", "paused"),
    Standing.KEPT: ("ok", "kept"),
    Standing.MISSED: ("critical", "missed"),
    Standing.REPLACED: ("planned", "told anew in time"),
}
PACES = {Pace.RUNNING: "counts", Pace.OUTSIDE: "outside hours", Pace.PAUSED: "paused"}


@dataclass(frozen=True, slots=True)
class Row:
    """One segment: who had it, whether it counts, why, from when to when and how long; `told` is all of it."""

    owner: str
    counts: str
    why: str
    starts_at: datetime
    ends_at: datetime
    length: str
    told: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One segment in a strip of WIDTH: where it begins, how wide it is, at which pace."""

    x: float
    width: float
    pace: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One clock on a page. `spent` and `limit` in words; `cause` is said of a missed one."""

    title: str
    mark: str
    word: str
    due_at: datetime | None
    met_at: datetime | None
    spent: str
    limit: str | None
    cause: str | None
    rows: Sequence[Row]
    bars: Sequence[Bar]


ORDER = (Standing.MISSED, Standing.SOON, Standing.RUNNING, Standing.PAUSED, Standing.KEPT, Standing.REPLACED)


def shown(clocks: Iterable[Clock], now: datetime, zone: str) -> list[Shown]:
    """The clocks for a page of people in `zone`, those that need somebody first."""
    ordered = sorted(clocks, key=lambda clock: (ORDER.index(clock.standing(now)), clock.started_at))
    return [_shown(clock, now, zone) for clock in ordered]


def _shown(clock: Clock, now: datetime, zone: str) -> Shown:
    standing, cause = clock.standing(now), clock.cause()
    mark, word = MARKS[standing]
    return Shown(
        title=TITLES[clock.promise],
        mark=mark,
        word=word,
        due_at=clock.due_at,
        met_at=clock.met_at,
        spent=length_words(clock.spent),
        limit=length_words(clock.limit) if clock.limit is not None else None,
        cause=f"{cause.owner.words}: {cause.why}" if cause and standing == Standing.MISSED else None,
        rows=[_row(segment, zone) for segment in clock.segments],
        bars=strip(clock.segments),
    )


def _row(segment: Segment, zone: str) -> Row:
    return Row(
        segment.owner.words, PACES[segment.pace], segment.why, segment.starts_at, segment.ends_at,
        length_words(segment.length), sentence(segment, zone),
    )  # fmt: skip


def strip(segments: Sequence[Segment]) -> list[Bar]:
    """The segments side by side, each as wide as it was long."""
    if not segments:
        return []
    begins, whole = segments[0].starts_at, segments[-1].ends_at - segments[0].starts_at
    share = WIDTH / max(whole, timedelta(seconds=1)).total_seconds()
    return [
        Bar(
            round((one.starts_at - begins).total_seconds() * share, 1),
            round(max(one.length.total_seconds() * share, THINNEST), 1),
            str(one.pace),
        )
        for one in segments
    ]
