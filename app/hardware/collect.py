"""Asking one device, and what feeds it, by every protocol at once; whatever answers in time is the diagnostics.

Every source runs in a thread of its own with its own deadline, a little shorter than the whole's; what does not
answer is a source row that says so. One PDU or switch is read once, however many cords lead to it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.core.errors import HardwareError
from app.hardware.diagnostics import DiagnosticsDocument, Kind, Power, Source, plain
from app.hardware.facts import Facts, Observation, Part, join_facts
from app.hardware.readings import SourceStatus, State
from app.hardware.rules import judge
from app.hardware.sources import Answer, Asking, askings_of
from app.hardware.target import ProbeTarget

RESERVE = 0.1  # of the deadline, at most RESERVE_S: for the sources' own endings and for the rules
RESERVE_S = 0.5
CHECK_EVERY_S = 0.1
READ = frozenset({SourceStatus.OK, SourceStatus.PARTIAL})
CONNECTED = frozenset({"on", "up"})

OnPart = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one source answered, and what it said."""

    source: Source
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Progress:
    name: str
    part: dict[str, Any]


def collect(
    target: ProbeTarget,
    clock: Callable[[], datetime],
    *,
    on_part: OnPart | None = None,
    earlier: DiagnosticsDocument | None = None,
    document_id: str | None = None,
    insists: bool = False,
) -> DiagnosticsDocument:
    """Take diagnostics of one device; always returns, inside the target's deadline and a few milliseconds.

    `on_part(source, part)` is called in this thread as answers arrive: `part` has name, state (reading, ok, warning,
    unknown) and detail, and of what arrived: power, components, readings; the last of a source has `source`, its row.
    `earlier` tells which outlets and ports were on before, and what of an event log is history. `insists`: a person
    waits, so that a device that is being left alone is tried once. The thread of a source that hangs may outlive the
    call.
    """
    taken_at, started = clock(), time.monotonic()
    outcomes = ask_all(askings_of(target, clock, earlier, insists=insists), target.deadline_s, on_part or tell_nobody)
    return document_of(target, outcomes, taken_at, _elapsed_ms(started), earlier, document_id)


def document_of(
    target: ProbeTarget,
    outcomes: Sequence[Outcome],
    taken_at: datetime,
    duration_ms: int,
    earlier: DiagnosticsDocument | None,
    document_id: str | None = None,
) -> DiagnosticsDocument:
    """What the sources said, joined and judged. Pure but for a fresh id where none is given."""
    facts = join_facts(outcome.facts for outcome in outcomes)
    wiring = replace(target.wiring, was_on=_was_on(earlier))
    sources = tuple(outcome.source for outcome in outcomes)
    judged, findings = judge(with_silent_bmc(facts, target, sources, taken_at), wiring, target.device.name, sources)
    return DiagnosticsDocument(
        id=document_id or str(uuid4()),
        device=target.device.name,
        taken_at=taken_at,
        duration_ms=duration_ms,
        complete=all(source.status is SourceStatus.OK for source in sources),
        sources=sources,
        identity=facts.identity,
        power=Power(facts.power_on, facts.watts),
        components=tuple(part.component for part in judged.parts),
        readings=facts.readings,
        events=facts.events,
        findings=findings,
    )


def ask_all(askings: tuple[Asking, ...], deadline_s: float, on_part: OnPart) -> tuple[Outcome, ...]:
    """The outcome of every asking, in their order; those that do not end in time are timed out."""
    inbox: queue.SimpleQueue[_Progress | tuple[str, Outcome]] = queue.SimpleQueue()
    end = time.monotonic() + deadline_s
    share_s = deadline_s - min(RESERVE_S, deadline_s * RESERVE)
    threads = {asking.name: _start(asking, share_s, inbox) for asking in askings}
    done: dict[str, Outcome] = {}
    while len(done) < len(threads) and (left_s := end - time.monotonic()) > 0:
        try:
            news = inbox.get(timeout=min(left_s, CHECK_EVERY_S))
        except queue.Empty:
            if all(name in done or not thread.is_alive() for name, thread in threads.items()) and inbox.empty():
                break
            continue
        if isinstance(news, _Progress):
            on_part(news.name, news.part)
        else:
            name, done[name] = news[0], news[1]
            on_part(name, _told(done[name]))
    return tuple(
        done.get(asking.name) or unended(asking, deadline_s, hangs=threads[asking.name].is_alive())
        for asking in askings
    )


def _start(
    asking: Asking, share_s: float, inbox: queue.SimpleQueue[_Progress | tuple[str, Outcome]]
) -> threading.Thread:
    def run() -> None:
        inbox.put((asking.name, _ask(asking, share_s, lambda part: inbox.put(_Progress(asking.name, part)))))

    thread = threading.Thread(target=run, name=f"source {asking.name}", daemon=True)
    thread.start()
    return thread


def _ask(asking: Asking, share_s: float, tell: Callable[[dict[str, Any]], None]) -> Outcome:
    started = time.monotonic()
    try:
        answer = asking.ask(share_s, tell)
    except HardwareError as error:
        return failed(asking, error, _elapsed_ms(started))
    return answered(asking, answer, _elapsed_ms(started))


def failed(asking: Asking, error: HardwareError, duration_ms: int) -> Outcome:
    """A source that gave nothing, and what to do about it."""
    status = SourceStatus(error.status)
    return Outcome(Source(asking.name, asking.address, status, error.reason, error.advice, duration_ms), Facts())


def answered(asking: Asking, answer: Answer, duration_ms: int) -> Outcome:
    """A source that answered, in whole or in part."""
    status = answer.status or (SourceStatus.PARTIAL if answer.problems else SourceStatus.OK)
    detail = "; ".join((*answer.problems, *answer.notes)) or None
    source = Source(asking.name, asking.address, status, detail, answer.advice, duration_ms, answer.requests)
    return Outcome(source, answer.facts)


def unended(asking: Asking, deadline_s: float, *, hangs: bool) -> Outcome:
    """A source that did not come to its end: it hangs, or an error of ours ended it."""
    if hangs:
        detail = f"it did not end within {deadline_s:g} s"
        advice = "Take the diagnostics again with a longer deadline; if it stays so, check the path to it."
        status = SourceStatus.TIMEOUT
    else:
        detail = "what it said could not be understood, by an error of ours that the log tells"
        advice = "Report the error from the log; until then look by eye."
        status = SourceStatus.MALFORMED
    return Outcome(Source(asking.name, asking.address, status, detail, advice, round(deadline_s * 1000)), Facts())


def _told(outcome: Outcome) -> dict[str, Any]:
    """A source's last part: its row and all that it said."""
    source, facts = outcome.source, outcome.facts
    state = {SourceStatus.OK: "ok", SourceStatus.PARTIAL: "warning"}.get(source.status, "unknown")
    return {
        "name": source.name,
        "state": state,
        "detail": source.detail,
        "source": plain(source),
        "power": plain(Power(facts.power_on, facts.watts)),
        "components": [plain(part.component) for part in facts.parts],
        "readings": [plain(reading) for reading in facts.readings],
    }


def with_silent_bmc(facts: Facts, target: ProbeTarget, sources: Iterable[Source], now: datetime) -> Facts:
    """A server whose management controller said nothing by any of its protocols: the controller itself is unknown."""
    controllers = [source for source in sources if source.name in {"ipmi", "redfish"}]
    failed = [s for s in controllers if s.status not in READ and s.status is not SourceStatus.UNSUPPORTED]
    if target.device.role != "server" or not failed or any(source.status in READ for source in controllers):
        return facts
    source = failed[0]
    seen = Observation(State.UNKNOWN, source.detail or source.status, source.name, f"{source.name} session", now)
    return replace(facts, parts=(*facts.parts, Part(Kind.BMC, "BMC", None, (seen,))))


def _was_on(earlier: DiagnosticsDocument | None) -> frozenset[tuple[str | None, Kind, str]]:
    components = earlier.components if earlier else ()
    return frozenset((c.device, c.kind, c.number or c.name) for c in components if c.value in CONNECTED)


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def tell_nobody(_source: str, _part: dict[str, Any]) -> None:
    """Stand in for a caller that does not want parts as they arrive."""
