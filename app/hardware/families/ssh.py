"""The vocabulary of a host tool's file, and what it makes of what the tools said. Pure: runs on recordings.

A tool is a fixed set of read-only commands and a reader of their output. A command line is never built from input: a
`Template` fills names that another answer gave into its places only when they match the strict pattern of the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from string import Formatter
from typing import Any

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import SHORTEST_SERIAL, Facts, Meaning, Observation, Part, by_one_name, join_facts, join_parts
from app.hardware.readings import HostOutput, State

ENDS_AFTER_S = 30  # the host itself ends a command that we no longer wait for
# Programs of administrators are not on everybody's path. The words of messages must not depend on the host's language.
PREFIX = (
    'env LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/opt/MegaRAID/storcli:/opt/MegaRAID/storcli64" '
    f"timeout {ENDS_AFTER_S} "
)
MOST_WORDS = 160
MOST_DIGITS = 19

DEVICE = re.compile(r"/dev/[A-Za-z0-9][A-Za-z0-9_-]{0,31}(?:/[A-Za-z0-9][A-Za-z0-9_-]{0,31}){0,2}")
DEVICE_TYPE = re.compile(r"[a-z0-9]{2,16}(?:[+,/][a-z0-9]{1,16}){0,4}")
INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")


@dataclass(frozen=True, slots=True)
class Command:
    """One fixed line. `root`: only root may run it, others by sudo. `about` is the one thing it asks about."""

    line: str
    root: bool = False
    about: str | None = None

    @property
    def tool(self) -> str:
        """The program's name."""
        return self.line.split(" ", 1)[0]

    def as_sent(self, *, as_root: bool) -> str:
        """The line as the host gets it."""
        return f"{PREFIX}{'' if as_root or not self.root else 'sudo -n '}{self.line}"


@dataclass(frozen=True, slots=True)
class Template:
    """A line with places, each with the pattern that what is filled in must match as a whole."""

    line: str
    places: Mapping[str, re.Pattern[str]]
    root: bool = False

    def filled(self, about: str, **names: object) -> Command | None:
        """The command, None when a name is missing or is not as its place wants it."""
        for _text, place, _form, _conversion in Formatter().parse(self.line):
            value = names.get(place) if place else ""
            if place and not (isinstance(value, str) and self.places[place].fullmatch(value)):
                return None
        return Command(self.line.format(**names), self.root, about)


class Missing(StrEnum):
    """Why a command gave nothing."""

    NOT_INSTALLED = "not installed"
    NEEDS_ROOT = "needs root"
    FAILED = "failed"


_NOT_INSTALLED = re.compile(r"command not found|failed to run command .*No such file|: not found|No such file or dir")
_NEEDS_ROOT = re.compile(
    r"permission denied|operation not permitted|must be (?:run as )?root|a password is required|a terminal is required"
    r"|not allowed to|not in the sudoers|requires? root|superuser|run as root",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool's commands said. `source` and `read_at` go into every observation."""

    outputs: Mapping[Command, HostOutput]
    source: str
    read_at: datetime
    wrong: dict[Command, str] = field(default_factory=dict)

    def text(self, command: Command) -> str:
        """All that a command printed; "" when it was not run or gave nothing."""
        output = self.outputs.get(command)
        return output.text if output and (output.problem is None) else ""

    def json(self, command: Command) -> Any:
        """A command's output as JSON; {} when it is none, which is noted as a problem when there was output."""
        text = self.text(command)
        if not text.strip():
            return {}
        try:
            return json.loads(text, parse_int=_whole, parse_constant=_no_number)
        except (ValueError, RecursionError):
            self.wrong[command] = "its answer is no JSON"
            return {}

    def missing(self, command: Command) -> tuple[Missing, str] | None:
        """Why a command gave nothing or not all, in words; None when it answered."""
        output = self.outputs.get(command)
        return None if output is None else why_missing(command, output, self.wrong.get(command))

    def seen(self, meaning: Meaning, what: str, *, measured: bool = False) -> Observation:
        """An observation: `what` is the object that said it."""
        return Observation(
            meaning.state, meaning.words, self.source, what, self.read_at, meaning.fault, measured=measured
        )

    def reading(
        self, kind: str, name: str, value: float, unit: str, part: str | None, state: State = State.OK
    ) -> Reading:
        """A measured value of a part."""
        return Reading(kind, name, value, unit, state, self.source, self.read_at, None, part)


def why_missing(command: Command, output: HostOutput, wrong: str | None = None) -> tuple[Missing, str] | None:
    """Why a command gave nothing or not all; None when it answered. An exit status beside an answer is the reader's."""
    if output.problem:
        return Missing.FAILED, output.problem
    first = _sentence(output.errors)
    if not output.status or (output.text.strip() and output.status not in {126, 127}):
        return (Missing.FAILED, wrong) if wrong else None
    if output.status == 124:
        return Missing.FAILED, f"the host ended it after {ENDS_AFTER_S} s"
    if command.root and output.status == 127 and "sudo" in first:
        return Missing.NEEDS_ROOT, "needs root, and the host has no sudo"
    if _NEEDS_ROOT.search(output.errors) or output.status == 126:
        return Missing.NEEDS_ROOT, "needs root, or sudo without a password for it"
    if output.status == 127 or re.search(r"command not found", output.errors):
        return Missing.NOT_INSTALLED, "not installed"
    if _NOT_INSTALLED.search(output.errors):
        return Missing.NOT_INSTALLED, "the host does not have it"
    return Missing.FAILED, f"it ended with status {output.status}{': ' if first else ''}{first}"


def _sentence(text: str) -> str:
    """The first line of what a host printed, safe to show."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(letter if letter.isprintable() else "?" for letter in lines[0][:MOST_WORDS]) if lines else ""


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _nothing_more(_said: Said) -> Iterable[Command]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTool:
    """One program of a host: what to run, what to run then for what was found, and how to read the answers.

    `optional`: most machines do well without it, so that its absence is not worth a word.
    """

    name: str
    title: str
    asks: tuple[Command, ...]
    then: Callable[[Said], Iterable[Command]] = _nothing_more
    read: Callable[[Said], Facts]
    optional: bool = False


def host_facts(tools: Iterable[HostTool], said: Said) -> Facts:
    """What all tools' answers mean. Tools that know one part by different names mean the same serial number."""
    facts = join_facts(tool.read(said) for tool in tools)
    named: dict[tuple[Kind, str], Part] = {}
    for part in sorted(facts.parts, key=lambda part: part.number is None):
        if part.serial is not None and len(part.serial) >= SHORTEST_SERIAL:
            named.setdefault((part.kind, part.serial), part)
    parts = join_parts(_as_named(part, named) for part in facts.parts)
    return replace(facts, parts=parts, readings=_once(by_one_name(facts.readings, parts)))


def _once(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """What several tools measure alike is told once."""
    return tuple({(reading.kind, reading.component or reading.name): reading for reading in readings}.values())


def _as_named(part: Part, named: Mapping[tuple[Kind, str], Part]) -> Part:
    known = named.get((part.kind, part.serial or ""))
    if known is None or known is part or (part.number is not None and part.number != known.number):
        return part
    return replace(part, name=known.name, number=known.number, aliases=part.aliases | {part.name})


def not_read(kind: Kind, name: str, why: str, said: Said, what: str, serial: str | None = None) -> Part:
    """A part that is known to be there and about whose health nothing could be read; any other source outvotes it."""
    seen = said.seen(Meaning(State.UNKNOWN, why), what, measured=True)
    return Part(kind, name, None, (seen,), serial)
