"""What the page components need from Python: the shell's shapes, words for times and quantities, the assets' names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from jinja2.runtime import Macro
from werkzeug.local import LocalProxy

from app.core.clock import business_now, true_now, utc_text
from app.core.language import calendar_words, city_words, decimal_words, gettext, spoken
from app.web import marking
from app.web.drawn import Drawn


@dataclass(frozen=True, slots=True)
class SiteHours:
    """One site's window as the top bar says it. Instants are aware UTC; `opened_at` is None while closed."""

    place: str
    time_zone: str
    is_open: bool
    opened_at: datetime | None
    closes_at: datetime | None
    next_opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageLink:
    """One entry of the person's menu."""

    title: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who the top bar says is signed in, with the pages that the roles held give."""

    name: str
    roles: str
    pages: tuple[PageLink, ...]
    sign_out_url: str
    sign_in: str = ""  # the name they sign in with


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page's frame shows: the person, the hours of their sites, and the drill's clock if it moved."""

    person: SignedIn | None = None
    hours: tuple[SiteHours, ...] = ()
    drill_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A sparkline, ready for SVG: points in a box of 240 x 48, the limit's height if it lies inside."""

    line: str
    area: str
    limit_y: float | None
    last_x: float
    last_y: float
    lowest: float
    highest: float


ORDER_STATES: dict[str, tuple[str, str]] = {
    "needs_info": ("waiting", "needs information"),
    "awaiting_approval": ("waiting", "waiting for approval"),
    "awaiting_consent": ("waiting", "waiting for the customer"),
    "awaiting_part": ("waiting", "waiting for a part"),
    "booked": ("planned", "booked"),
    "released": ("planned", "ready to claim"),
    "handed_over": ("planned", "handed over"),
    "claimed": ("active", "claimed"),
    "matched": ("active", "server checked"),
    "working": ("active", "working"),
    "verifying": ("active", "verifying"),
    "awaiting_confirmation": ("waiting", "waiting for confirmation"),
    "closed": ("ok", "closed"),
    "cancelled": ("absent", "cancelled"),
}
"""Work order state -> (mark, words)."""

SOURCE_STATUSES: dict[str, tuple[str, str]] = {
    "ok": ("ok", "answered"),
    "partial": ("warning", "answered in part"),
    "unreachable": ("unknown", "nothing answers"),
    "timeout": ("unknown", "no answer in time"),
    "auth_refused": ("unknown", "sign-in refused"),
    "refused": ("unknown", "refused"),
    "malformed": ("unknown", "answer not readable"),
    "unsupported": ("unknown", "not offered by the device"),
}
"""How a source answered -> (mark, words). A source that failed says nothing about the machine: never a fault's mark."""

UNITS = {"Cel": "°C", "kW.h": "kWh", "/min": "rpm", "": ""}
MOST_DRAWN = 200  # a large machine's takes 70 kB
SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def instant(value: datetime | str) -> datetime:
    """The aware instant in a value that may be the text of one (diagnostics carry ISO 8601)."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def spell(span: timedelta) -> str:
    """`40 s`, `35 min`, `1 h 52 min`, `3 days`: two units at most, rounded down, never negative."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = hours // 24
    return gettext("1 day") if days == 1 else gettext("{days} days").format(days=days)


def relative(at: datetime | str, now: datetime) -> str:
    """`in 35 min`, `40 s ago`, `now`."""
    at = instant(at)
    away = abs(at - now)
    if away < timedelta(seconds=1):
        return gettext("now")
    if (days := away.days) > 1:  # some languages have another word for days in it
        return (gettext("in {days} days") if at > now else gettext("{days} days ago")).format(days=days)
    return (gettext("in {span}") if at > now else gettext("{span} ago")).format(span=spell(away))


def left(until: datetime | str, now: datetime) -> str:
    """`1 h 52 min left`, or `time is up`."""
    until = instant(until)
    return gettext("{span} left").format(span=spell(until - now)) if until > now else gettext("time is up")


def place_of(zone: str) -> str:
    """The name people say: `Europe/Amsterdam` is Amsterdam, `Europe/Vienna` in German Wien."""
    return city_words(zone)


def wall(at: datetime | str, zone: str, now: datetime) -> str:
    """The data center's wall clock as short as it stays clear: `16:45`, `tomorrow 08:00`, `Mon 30 Nov 08:00`."""
    local, today = instant(at).astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days in {-1, 1}:
        return f"{gettext('tomorrow') if days == 1 else gettext('yesterday')} {local:%H:%M}"
    return dated(at, zone, now)


def dated(at: datetime | str, zone: str, now: datetime) -> str:
    """`Mon 30 Nov 08:00`, with the year when it is not this one."""
    local = instant(at).astimezone(ZoneInfo(zone))
    year = "" if local.year == now.astimezone(ZoneInfo(zone)).year else f" {local.year}"
    return calendar_words(f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}")


def wall_range(start: datetime | str, end: datetime | str, zone: str, now: datetime) -> str:
    """`Mon 30 Nov 08:00-10:00` with an en dash; the day is repeated only when the end lies on another one."""
    first, last = instant(start).astimezone(ZoneInfo(zone)), instant(end).astimezone(ZoneInfo(zone))
    ending = f"{last:%H:%M}" if first.date() == last.date() else wall(last, zone, now)
    return f"{wall(first, zone, now)}\N{EN DASH}{ending}"


def window_words(hours: SiteHours, now: datetime) -> str:
    """The site's window in words: `Open until 17:00 Amsterdam` or `Opens tomorrow 08:00 Amsterdam`."""
    if hours.is_open and hours.closes_at is not None:
        closing = wall(hours.closes_at, hours.time_zone, now)
        return gettext("Open until {closing} {place}").format(closing=closing, place=hours.place)
    if hours.next_opens_at is None:
        return gettext("{place} has no opening planned").format(place=hours.place)
    opening = hours.next_opens_at
    soon = opening - now < timedelta(days=6)
    day = calendar_words(f"{opening.astimezone(ZoneInfo(hours.time_zone)):%a %H:%M}")
    return gettext("Opens {day} {place}").format(
        day=day if soon else wall(opening, hours.time_zone, now), place=hours.place
    )


def spent_percent(hours: SiteHours, now: datetime) -> int:
    """How much of today's opening is used up, 0 to 100; 100 while closed."""
    if hours.opened_at is None or hours.closes_at is None:
        return 100
    return round(100 * min(1.0, max(0.0, (now - hours.opened_at) / (hours.closes_at - hours.opened_at))))


def is_stale(at: datetime | str, limit_s: float, now: datetime) -> bool:
    """Older than its limit."""
    return now - instant(at) > timedelta(seconds=limit_s)


def quantity(value: float | None, unit: str | None) -> str:
    """`28.5 °C`, `212 W`; a value that could not be read is `unknown`, never 0."""
    if value is None:
        return gettext("unknown")
    number = decimal_words(f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}")
    return f"{number} {UNITS.get(unit or '', unit)}".strip()


def agreement(evidence: Sequence[Any]) -> str:
    """How many different sources say it: `agreed by two sources`, or which one alone does."""
    sources = sorted({str(item["source"] if isinstance(item, Mapping) else item.source) for item in evidence})
    if not sources:
        return gettext("no source kept")
    if len(sources) == 1:
        return gettext("said by {source} alone").format(source=sources[0])
    count = gettext(SMALL_NUMBERS[len(sources)]) if len(sources) < len(SMALL_NUMBERS) else str(len(sources))
    return gettext("agreed by {count} sources").format(count=count)


def curve(values: Iterable[float], limit: float | None = None) -> Curve | None:
    """The sparkline of at least two values, oldest first; None for fewer."""
    points = list(values)
    if len(points) < 2:
        return None
    lowest, highest = min(points), max(points)
    floor, ceiling = min(lowest, limit or lowest), max(highest, limit or highest)
    scale = 44 / ((ceiling - floor) or 1)
    heights = [round(46 - (value - floor) * scale, 1) for value in points]
    step = 240 / (len(points) - 1)
    line = " ".join(f"{round(index * step, 1)},{height}" for index, height in enumerate(heights))
    limit_y = None if limit is None else round(46 - (limit - floor) * scale, 1)
    return Curve(line, f"0,48 {line} 240,48", limit_y, 240, heights[-1], lowest, highest)


def initials(name: str) -> str:
    """`Tess Bakker` is TB."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def keep(
    drawn: Drawn, clock: Callable[[], datetime], macro: Macro, version: Hashable, moments: Iterable[str],
    limit_s: float, zone: str, *given: Any,
) -> str:  # fmt: skip
    """What the macro draws of `given`, drawn anew only when it would read otherwise.

    `version` names the content for ever. `moments` are all that it tells the age of, stale after `limit_s`; wall times
    are of `zone` and change at its midnight.
    """
    now = clock()
    ages = tuple((relative(at, now), is_stale(at, limit_s, now)) for at in moments)
    key = (spoken(), macro.name, version, *given[1:], ages, zone, now.astimezone(ZoneInfo(zone)).date())
    return drawn.get(key, lambda: macro(*given))


def once(drawn: Drawn, macro: Macro, *given: Hashable) -> str:
    """What the macro draws of `given` and of nothing else, drawn once in each language."""
    return drawn.get((spoken(), macro.name, *given), lambda: macro(*given))


@lru_cache(maxsize=8)
def _built_names(path: Path, _changed_at: float) -> dict[str, str]:
    files: dict[str, str] = json.loads(path.read_text("utf-8"))["files"]
    return files


@lru_cache(maxsize=8)
def _names_now(dist: Path, _second: int) -> dict[str, str]:
    manifest = dist / "manifest.json"
    return _built_names(manifest, manifest.stat().st_mtime) if manifest.exists() else {}


def asset_name(dist: Path, name: str) -> str:
    """The hashed name that the build gave to `name`; the plain name while nothing is built. Looked at once a second."""
    return _names_now(dist, int(time.monotonic())).get(name, name)


def install(app: Flask, shell: Callable[[], Shell], now: Callable[[], datetime] = business_now) -> None:
    """Give the app's templates the shell, the filters and the globals that the components use.

    `shell` is asked once a rendered frame, by a fragment never; it must not fail, an empty Shell is always right.
    """
    dist = Path(app.static_folder or "static") / "dist"

    def asset(name: str) -> str:
        return f"{app.static_url_path}/dist/{asset_name(dist, name)}"

    marking.install(app)
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        keep=partial(keep, Drawn(MOST_DRAWN), now),
        once=partial(once, Drawn(MOST_DRAWN)),
        asset=asset,
        now=now,
        clock_offset_s=lambda: round((now() - true_now()).total_seconds()),
        ORDER_STATES=ORDER_STATES,
        SOURCE_STATUSES=SOURCE_STATUSES,
        curve=curve,
        wall_range=lambda start, end, zone: wall_range(start, end, zone, now()),
    )
    environment.filters.update(
        instant=instant,
        iso=lambda at: utc_text(instant(at)),
        relative=lambda at: relative(at, now()),
        left=lambda at: left(at, now()),
        wall=lambda at, zone: wall(at, zone, now()),
        dated=lambda at, zone: dated(at, zone, now()),
        place=place_of,
        spell=spell,
        quantity=quantity,
        agreement=agreement,
        initials=initials,
        window_words=lambda hours: window_words(hours, now()),
        spent_percent=lambda hours: spent_percent(hours, now()),
    )
    environment.tests["stale"] = lambda at, limit_s: is_stale(at, limit_s, now())
    app.context_processor(lambda: {"shell": LocalProxy(cache(shell))})
