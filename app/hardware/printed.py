"""Diagnostics and comparisons as a terminal shows them: state in words and shape, colour nowhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.hardware.compare import Comparison, Result
from app.hardware.diagnostics import Component, DiagnosticsDocument, Finding, Reading, Source
from app.hardware.facts.limits import quantity
from app.hardware.readings import SourceStatus, State

MARK = {
    State.CRITICAL: "[!!]",
    State.WARNING: "[! ]",
    State.UNKNOWN: "[??]",
    State.OK: "[ok]",
    State.ABSENT: "[--]",
}
VERDICT = {
    Result.REPAIRED: "REPAIRED: the fault is gone and nothing new broke.",
    Result.NOT_REPAIRED: "NOT REPAIRED: it is not proven that the fault is gone.",
    Result.NEW_FAULT: "NEW FAULT: something broke that was well before.",
}
NEWEST_EVENTS = 10


def document_lines(document: DiagnosticsDocument) -> list[str]:
    """The whole document, findings first."""
    lines = [
        *_head(document),
        *_findings(document),
        "",
        "Sources",
        *(line for source in document.sources for line in _source(source)),
        *_components(document.components),
        *_readings(document.readings),
        *_events(document),
    ]
    return [_printable(line) for line in lines]


def comparison_lines(comparison: Comparison) -> list[str]:
    """A comparison: the verdict, then what it stands on."""
    lines = [VERDICT[comparison.result]]
    for title, findings in (("Gone", comparison.gone), ("Left", comparison.left), ("New", comparison.new)):
        if findings:
            lines += ["", title, *(f"  {MARK[one.state]} {one.title}" for one in findings)]
    if comparison.changed:
        lines += ["", "Changed"]
    for change in comparison.changed:
        surprise = "" if change.expected else "   (unexpected)"
        lines.append(f"  {change.what}: {change.before} -> {change.after}{surprise}")
    return [_printable(line) for line in lines]


def part_line(source: str, part: dict[str, Any]) -> str:
    """One part of a running pull."""
    detail = f": {part['detail']}" if part.get("detail") else ""
    return _printable(f"{source} {part['state']}{detail}")


def _head(document: DiagnosticsDocument) -> Iterator[str]:
    power = {True: "power on", False: "power OFF", None: "power unknown"}[document.power.on]
    watts = f", {quantity(document.power.watts, 'W')}" if document.power.watts is not None else ""
    taken = f"{document.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"{document.device}   {power}{watts}   taken {taken} in {document.duration_ms} ms"
    who = document.identity
    model = " ".join(word for word in (who.manufacturer, who.product) if word)
    named = {"serial": who.serial, "tag": who.asset_tag, "firmware": who.bmc_firmware}
    told = [model, *(f"{what} {word}" for what, word in named.items() if word)]
    if any(told):
        yield ", ".join(word for word in told if word)


def _findings(document: DiagnosticsDocument) -> Iterator[str]:
    if not document.findings:
        yield ""
        yield "Nothing found." if document.complete else "Nothing found, but not everything could be read."
    for finding in document.findings:
        yield ""
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{MARK[finding.state]} {finding.state.upper()}: {finding.title}"
    if cause := finding.cause:
        yield f"     because {cause.kind} {cause.component} of {cause.device} is {cause.state}"
    yield f"     {finding.advice}"
    if finding.job_kind:
        yield f"     job: {finding.job_kind}"
    yield from (f"     seen: {seen.object} = {seen.value}   ({seen.source})" for seen in finding.evidence)


def _source(source: Source) -> Iterator[str]:
    mark = {SourceStatus.OK: MARK[State.OK], SourceStatus.PARTIAL: MARK[State.WARNING]}.get(source.status, "[??]")
    cost = f"{source.duration_ms} ms, {source.requests} requests"
    yield f"  {mark} {source.name} {source.address}: {source.status}   ({cost})"
    yield from (f"       {sentence}" for sentence in (source.detail, source.advice) if sentence)


def _components(components: tuple[Component, ...]) -> Iterator[str]:
    if not components:
        return
    counted = Counter(part.state for part in components)
    yield ""
    yield f"Parts ({', '.join(f'{counted[state]} {state}' for state in State if counted[state])})"
    for part in components:
        where = f" of {part.device}" if part.device else ""
        value = f" {part.value}" if part.value else ""
        said = f": {part.reason}" if part.reason and part.reason != part.value else ""
        yield f"  {MARK[part.state]} {part.kind:<12} {part.name}{where}{value}{said}"


def _readings(readings: tuple[Reading, ...]) -> Iterator[str]:
    if readings:
        yield ""
        yield "Readings"
    for reading in readings:
        where = f" of {reading.device}" if reading.device else ""
        value = "unknown" if reading.value is None else quantity(reading.value, reading.unit)
        said = f"   {reading.reason}" if reading.reason and reading.value is None else ""
        yield f"  {MARK[reading.state]} {reading.kind:<12} {reading.name}{where}: {value}{said}"


def _events(document: DiagnosticsDocument) -> Iterator[str]:
    shown = document.events[:NEWEST_EVENTS]
    if document.events:
        yield ""
        yield f"Event log ({len(shown)} newest of {len(document.events)}, by the device's clock)"
    for event in shown:
        at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC" if event.at else "before its clock was set"
        over = "   (over)" if event.over else ""
        yield f"  {MARK[event.severity]} {at}  {event.component or event.kind}: {event.text}{over}"


def _printable(line: str) -> str:
    """A line without control characters: device texts must not steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in line)
