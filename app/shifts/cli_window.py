"""`./rackside window`: calendar arithmetic at the command line, without a database and without the web."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, BinaryIO, NoReturn

from app.core.errors import Invalid
from app.shifts.window import (
    DEFAULT_HOURS,
    Calendar,
    DoesNotFit,
    NoWindow,
    Opening,
    closes_at,
    earliest,
    explain,
    is_open,
    local_text,
    next_opening,
    parse_hours,
    zone,
)

EXIT_INVALID = 64
LONGEST_LINE = 256 * 1024
MOST_CLOSED_DAYS = 5000
MOST_MINUTES = 10**9
FIRST_YEAR, LAST_YEAR = 1900, 2999

_KEYS = ("time_zone", "hours", "closed", "at", "minutes")
_INSTANT = re.compile(r"[0-9][0-9W:.+-]*[Tt ][0-9][0-9:.,]*(?:[Zz]|[+-][0-9:]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: a calendar, an instant (aware UTC), and how many minutes of work, if any."""

    calendar: Calendar
    at: datetime
    minutes: int | None


def read_question(given: Mapping[str, Any]) -> Question:
    """Return the question that a JSON object puts. Raises Invalid with a sentence naming what is wrong."""
    for key in given:
        if key not in _KEYS:
            raise Invalid("invalid", f"unknown key {key[:60]!r}; known are {', '.join(_KEYS)}")
    hours = given.get("hours")
    calendar = Calendar(
        zone(_text(given, "time_zone")),
        parse_hours(DEFAULT_HOURS if hours is None else _text(given, "hours")),
        _closed_days(given.get("closed")),
    )
    return Question(calendar, _instant(_text(given, "at")), _minutes(given.get("minutes")))


def answer(question: Question) -> dict[str, Any]:
    """Return the answer in the form of the contract; work that cannot be placed carries an error beside it."""
    calendar, at, minutes = question.calendar, question.at, question.minutes
    following = next_opening(calendar, at)
    open_now = is_open(calendar, at)
    found, refusal = None, None
    if minutes is not None:
        try:
            found = earliest(calendar, at, minutes)
        except (DoesNotFit, NoWindow) as error:
            refusal = error
    shown = found if minutes is not None or open_now else following
    said: dict[str, Any] = {
        "at": _utc(at),
        "is_open": open_now,
        "closes_at": _utc(closes_at(calendar, at)),
        "next_opens_at": _utc(following.starts_at if following else None),
        "earliest": _appointment(calendar, found) if found else None,
        "explanation": explain(calendar, at, minutes, shown),
    }
    if refusal:
        said["explanation"].append(refusal.detail)
        said["error"] = {"code": refusal.code}
    return said


def main(argv: Sequence[str]) -> int:
    """Answer one question, or with --batch one for each line of standard input. Exit 64 for a bad question."""
    as_json = "--json" in argv
    try:
        given = _parser().parse_args(argv)
        if given.batch:
            return _batch(given)
        question = read_question(_given(given))
        said = answer(question)
    except Invalid as error:
        if as_json:
            sys.stdout.write(json.dumps(_refused(error)) + "\n")
        else:
            sys.stderr.write(f"rackside window: {error.detail}\n")
        return EXIT_INVALID
    sys.stdout.write((json.dumps(said) if as_json else "\n".join(_readable(question, said))) + "\n")
    return 0


def _batch(given: argparse.Namespace) -> int:
    if any(getattr(given, key) is not None for key in _KEYS):
        raise Invalid("invalid", "--batch reads everything from standard input; only --json may stand beside it")
    for line in _lines(sys.stdin.buffer):
        try:
            said = answer(read_question(_object(line)))
        except Invalid as error:
            said = _refused(error)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    return 0


def _lines(source: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line, None for one that is too long: its rest is dropped unread."""
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE:
            yield line
            continue
        while not line.endswith(b"\n") and (line := source.readline(LONGEST_LINE)):
            pass
        yield None


def _object(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise Invalid("invalid", f"the line is longer than {LONGEST_LINE} bytes")
    try:
        given = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid("invalid", "the line is not JSON") from error
    if not isinstance(given, dict):
        raise Invalid("invalid", "the line is not a JSON object")
    return given


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str):
        raise Invalid("invalid", f"{key}: missing" if value is None else f"{key}: must be text")
    return value


def _closed_days(value: object) -> frozenset[date]:
    if value is None:
        return frozenset()
    if not isinstance(value, list) or len(value) > MOST_CLOSED_DAYS:
        raise Invalid("invalid", f"closed: must be a list of at most {MOST_CLOSED_DAYS} dates")
    if not all(isinstance(day, str) for day in value):
        raise Invalid("invalid", "closed: dates are text such as 2026-12-25")
    return frozenset(map(_date, value))


@lru_cache(maxsize=4096)
def _date(text: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise Invalid("invalid", f"closed: {text!r} is no day of the calendar") from error
    raise Invalid("invalid", f"closed: {text[:60]!r} is not a date such as 2026-12-25")


def _instant(text: str) -> datetime:
    if len(text) > 60 or not _INSTANT.fullmatch(text):
        raise Invalid("invalid", f"at: {text[:60]!r} is not an instant with its offset, such as 2026-12-01T09:30+01:00")
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise Invalid("invalid", f"at: {text!r} is no instant of the calendar") from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Invalid("invalid", f"at: the year {at.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


def _minutes(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_MINUTES:
        raise Invalid("invalid", f"minutes: must be a whole number from 1 to {MOST_MINUTES}")
    return value


def _appointment(calendar: Calendar, found: Opening) -> dict[str, str]:
    return {
        "starts_at": _utc(found.starts_at) or "",
        "ends_at": _utc(found.ends_at) or "",
        "starts_local": local_text(found.starts_at, calendar.zone),
        "ends_local": local_text(found.ends_at, calendar.zone),
        "time_zone": calendar.zone.key,
    }


def _utc(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _refused(error: Invalid) -> dict[str, Any]:
    empty = dict.fromkeys(("at", "is_open", "closes_at", "next_opens_at", "earliest"))
    return {**empty, "explanation": [], "error": {"code": error.code, "detail": error.detail}}


def _readable(question: Question, said: Mapping[str, Any]) -> Iterator[str]:
    calendar = question.calendar
    yield from said["explanation"]
    if said["earliest"]:
        yield f"earliest: {said['earliest']['starts_local']} to {said['earliest']['ends_local']}"
    following = next_opening(calendar, question.at)
    if following:
        yield f"next opening: {local_text(following.starts_at, calendar.zone)}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse as every other bad question is refused, not with argparse's own exit status."""
        raise Invalid("invalid", message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rackside window",
        allow_abbrev=False,
        description="When a site is open, and the earliest time that work fits. Needs no database.",
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA name, such as Europe/Amsterdam")
    parser.add_argument("--hours", help=f'opening hours on the wall clock (default "{DEFAULT_HOURS}")')
    parser.add_argument("--closed", metavar="DATE", nargs="+", action="extend", help="a day without hours; repeatable")
    parser.add_argument("--at", metavar="INSTANT", help="ISO 8601 with offset or Z")
    parser.add_argument("--minutes", metavar="N", help="length of the work; without it no earliest time is sought")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument("--batch", action="store_true", help="one JSON object a line in, one a line out")
    return parser


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {key: getattr(arguments, key) for key in _KEYS}
    for key in ("time_zone", "at"):
        if given[key] is None:
            raise Invalid("invalid", f"--{key.replace('_', '-')} is missing")
    minutes = given["minutes"]
    if minutes is not None:
        given["minutes"] = int(minutes) if _NUMBER.fullmatch(minutes) else 0
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
