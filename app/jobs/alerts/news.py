"""What is news for managers: clocks that are missed or about to be, workers that are silent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import utc_text
from app.jobs.clocks import Clock, Promise, Standing
from app.jobs.clocks.words import length_words, sentence
from app.jobs.teams import TEAMS, Team
from app.shifts.window import Calendar, local_text, next_opening, opening_at, parse_hours

STALE = timedelta(days=1)  # what was missed before is history: it stands in the report
WARNED = frozenset({Promise.FIRST_RESPONSE, Promise.START, Promise.FINISH, Promise.RESOLUTION})
LEDGER_LINES = 12


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell, once: the same `key` is never told twice to the same target."""

    key: str
    title: str
    text: str
    site: str | None = None


def of_clocks(clocks: Iterable[Clock], now: datetime, *, zone: str, site: str | None, link: str) -> Iterator[News]:
    """What is missed, or about to be, with its cause and its ledger; `link` leads to the page."""
    for clock in clocks:
        standing = clock.standing(now)
        if standing == Standing.MISSED and (clock.due_at is None or now - clock.due_at <= STALE):
            yield _clock_news(clock, "Missed", zone, site, link)
        elif standing == Standing.SOON and clock.promise in WARNED:
            yield _clock_news(clock, "About to be missed", zone, site, link)


def _clock_news(clock: Clock, word: str, zone: str, site: str | None, link: str) -> News:
    where = f" at {site}" if site else ""
    title = f"{word}: {clock.promise.words}, {clock.subject}{where}"
    due = local_text(clock.due_at, zone)[:16].replace("T", " ") if clock.due_at else "not known"
    lines = [f"Promised by {due} ({zone})."]
    if clock.limit is not None:
        lines.append(f"{length_words(clock.spent)} of {length_words(clock.limit)} are spent.")
    if (cause := clock.cause()) is not None:
        lines.append(f"Most of the time went with: {cause.owner.words}, {cause.why}.")
    lines += [sentence(segment, zone) for segment in clock.segments[-LEDGER_LINES:]]
    due_key = utc_text(clock.due_at or clock.started_at)
    key = f"{clock.subject}:{clock.promise}:{due_key}:{word.split(maxsplit=1)[0].lower()}"
    return News(key, title, "\n".join([*lines, link]), site)


def of_silence(name: str, seen_at: datetime, *, site: str | None) -> News:
    """A worker shows no life any more; `seen_at` is true time."""
    what = f"The worker of {name}" if site else "The central worker"
    does = (
        "No diagnostics are taken there and no lights go on until it is started again."
        if site
        else "No messages go out, no promises are watched and nothing is released until it is started again."
    )
    seen = utc_text(seen_at)
    return News(f"worker:{name}:{seen}", f"{what} is silent", f"Its last sign of life was at {seen}. {does}", site)


def of_integration(name: str, said: str, since: datetime, *, faulty: bool) -> News:
    """A ticket system is set up wrong (`faulty`), or has not been read for a while; `since` is true time."""
    does = "It is looked at again every ten minutes." if faulty else "It is tried again every 15 seconds."
    title = f"{name} is set up wrong" if faulty else f"Tickets of {name} cannot be read"
    text = f"Since {utc_text(since)}: {said}\nCustomers may not be heard, or not be answered, until it is right. {does}"
    return News(f"integration:{name}:{'fault' if faulty else 'problem'}:{utc_text(since)}", title, text)


def of_call(number: str, by: str, why: str, at: datetime, *, team: str, site: str, zone: str, link: str) -> News:
    """Somebody at a rack calls for help, and whoever was rung first did not answer."""
    since = local_text(at, zone)[:16].replace("T", " ")
    text = f"{by} has called since {since} ({zone}): {why}\nThe next one is rung, every five minutes.\n{link}"
    return News(f"{number}:in-vain", f"Nobody answers a call for help from the rack at {site}: {team}", text, site)


def of_removed_part(key: str, where: str, due: datetime, *, what: str, zone: str, site: str, link: str) -> News:
    """A part that came out of a machine stays too long where it is."""
    by = local_text(due, zone)[:16].replace("T", " ")
    text = f"It is {where}; the next hop should have been made by {by} ({zone}).\n{link}"
    return News(f"{key}:{utc_text(due)}", f"Overdue: {what} at {site}", text, site)


def when_to_tell(now: datetime, *, on_duty: bool) -> datetime:
    """At once to who is on duty and in management's hours; else when these begin again."""
    hours = TEAMS[Team.MANAGEMENT]
    calendar = Calendar(hours.time_zone, parse_hours(hours.hours))
    if on_duty or opening_at(calendar, now) is not None:
        return now
    following = next_opening(calendar, now)
    return following.starts_at if following else now
