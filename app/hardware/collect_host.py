"""Reading one host by SSH: what to run there, and what is worth telling about the commands that gave nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from app.core.errors import TimedOut, Unreachable
from app.hardware.facts import Facts
from app.hardware.families.ssh import Command, HostTool, Missing, Said, host_facts
from app.hardware.readings import HostOutput
from app.hardware.vendors import host_tools

WHO = Command("id -u")
FIRST_SHARE = 0.5  # of the time: the commands of the first round, of which one may hang
RESERVE_S = 0.2
NOTHING_KNOWN = "it answers, but has no tool that this version knows how to read"
ADVICE_ROOT = (
    "Let the account run the read-only commands of the manual as root: by sudo without a password, for these alone."
)
ADVICE_AGAIN = "Take the diagnostics again, with a longer deadline where a command did not end."


class Session(Protocol):
    """The door to one host, as `protocols.ssh.open_session` opens it."""

    @property
    def remaining_s(self) -> float:
        """Seconds until the session ends."""

    def run(
        self, lines: Sequence[str], within_s: float, on_output: Callable[[str], None] | None = None
    ) -> dict[str, HostOutput]:
        """Run each line; what did not answer says why."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host said. `problems` are commands that gave nothing though they should, `notes` tools that are not there.

    `is_known` is False when no tool gave anything.
    """

    facts: Facts
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    advice: str | None
    is_known: bool


def read_host(session: Session, source: str, now: datetime, tell: Callable[[str], None]) -> HostFacts:
    """Run all that the tools ask for, then what they ask about the things that were found.

    `tell(sentence)` hears what has been run. Cost: two rounds of commands after the first, several at a time. Raises
    TimedOut or Unreachable when not a single command ended.
    """
    tools = host_tools()
    as_root = _run(session, [WHO], session.remaining_s * FIRST_SHARE, as_root=True)[WHO].text.strip() == "0"
    asked = [command for tool in tools for command in tool.asks]
    said = Said(_run(session, asked, session.remaining_s * FIRST_SHARE, as_root=as_root), source, now)
    if all(output.status is None for output in said.outputs.values()):
        _raise_silent(session)
    tell(f"{len(asked)} commands")
    more = [command for tool in tools for command in tool.then(said)]
    answers = _run(session, more, session.remaining_s - RESERVE_S, as_root=as_root)
    said = replace(said, outputs={**said.outputs, **answers})
    tell(f"{len(said.outputs)} commands")
    facts = replace(host_facts(tools, said), power_on=True)
    missing = {command: said.missing(command) for command in said.outputs}
    return _told(tools, facts, {command: why for command, why in missing.items() if why is not None})


def _run(session: Session, commands: Iterable[Command], within_s: float, *, as_root: bool) -> dict[Command, HostOutput]:
    lines = {command: command.as_sent(as_root=as_root) for command in dict.fromkeys(commands)}
    answers = session.run(list(lines.values()), within_s) if lines else {}
    return {command: answers[line] for command, line in lines.items()}


def _raise_silent(session: Session) -> None:
    if session.remaining_s <= RESERVE_S:
        raise TimedOut("it let us in, but no command ended in time", ADVICE_AGAIN)
    raise Unreachable("it let us in, but runs no command for us", "Check that the account may run commands there.")


def _told(tools: Sequence[HostTool], facts: Facts, missing: Mapping[Command, tuple[Missing, str]]) -> HostFacts:
    optional = {command.tool for tool in tools if tool.optional for command in tool.asks}
    problems: dict[str, list[str]] = {}
    absent: list[str] = []
    for command, (kind, why) in missing.items():
        if kind is Missing.NOT_INSTALLED:
            absent += [] if command.tool in optional else [command.tool]
        else:
            problems.setdefault(why, []).append(" ".join(filter(None, (command.tool, command.about))))
    sentences = tuple(f"{', '.join(dict.fromkeys(names))}: {why}" for why, names in problems.items())
    notes = (f"not on this host: {', '.join(dict.fromkeys(absent))}",) if absent else ()
    needs_root = any(kind is Missing.NEEDS_ROOT for kind, _why in missing.values())
    advice = ADVICE_ROOT if needs_root else ADVICE_AGAIN if problems else None
    is_known = bool(facts.parts)
    return HostFacts(facts, sentences if is_known else (NOTHING_KNOWN, *sentences), notes, advice, is_known)
