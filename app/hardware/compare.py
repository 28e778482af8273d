"""BEFORE and AFTER: is the fault gone, and did nothing new break? Pure.

Gone needs proof: the part is there and says that it is well. A part that vanished, a source that fell silent, a state
that cannot be read prove nothing, and what was fine before and is missing now is a new fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.hardware.diagnostics import Component, DiagnosticsDocument, Finding, Kind, plain
from app.hardware.differences import UNTOLD, Change, Work, asked_of, changes_between, is_meant, same_serial, status_of
from app.hardware.facts import IN_TROUBLE, RANK, PartKey
from app.hardware.facts.naming import spoken
from app.hardware.readings import SourceStatus, State

NOTHING = DiagnosticsDocument("", "", datetime.min.replace(tzinfo=UTC), 0, complete=False)
READ = frozenset({SourceStatus.OK, SourceStatus.PARTIAL})
PROBES = frozenset({Kind.TEMPERATURE, Kind.VOLTAGE, Kind.CURRENT})
WELL = frozenset({"ok", "present", "there", "nothing asserted"})  # said of a part by sources that see no trouble
PULLED = "Look whether it was pulled, unplugged or left out, and put it back before anything else."

Named = tuple[str, str]


class Result(StrEnum):
    """What the comparison proves; a new fault outweighs a repair."""

    REPAIRED = "repaired"
    NOT_REPAIRED = "not_repaired"
    NEW_FAULT = "new_fault"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verification: findings gone, left and new, and everything else that changed, expected or not."""

    result: Result
    gone: tuple[Finding, ...]
    left: tuple[Finding, ...]
    new: tuple[Finding, ...]
    changed: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """The outward form."""
        told: dict[str, Any] = plain(self)
        return told


def compare(
    before: Mapping[str, Any] | DiagnosticsDocument,
    after: Mapping[str, Any] | DiagnosticsDocument,
    finding: Named | None = None,
    work: Work = UNTOLD,
) -> Comparison:
    """Compare two diagnostics of one device; `finding` is the kind and number (or name) that the work was about.

    Without it every finding of BEFORE must be gone. `work` says which serial numbers had to change and which had to
    stay: it changes what is expected, never the result. {} is a device that was never asked. Raises Invalid when one
    of them is no diagnostics document.
    """
    old, new = _document(before), _document(after)
    left, gone = [], []
    for known in old.findings:
        now = _same(known, new)
        if (now is None and _is_proven_gone(known, old, new)) or (now and _is_of_replaced_part(known, now, old, new)):
            gone.append(known)
        else:
            left.append(now or known)
    left += [one for one in new.findings if _same(one, old) is None and _was_in_trouble(one, old)]
    broke = tuple(_broken(old, new, finding))
    changed = changes_between(old, new, finding, work)
    repaired = _is_repaired(finding, gone, left, new) and not _is_blind(old, new) and not _is_other(old, new)
    result = Result.NEW_FAULT if broke else Result.REPAIRED if repaired else Result.NOT_REPAIRED
    return Comparison(result, tuple(gone), tuple(left), broke, changed)


def _document(raw: Mapping[str, Any] | DiagnosticsDocument) -> DiagnosticsDocument:
    if isinstance(raw, DiagnosticsDocument):
        return raw
    return DiagnosticsDocument.from_dict(raw) if raw else NOTHING


def key_of(part: Component | Finding) -> PartKey:
    """What makes a component or a finding the same part in both documents."""
    name = part.component if isinstance(part, Finding) else part.name
    return (part.device, part.kind, part.number or name)


def is_named(part: Component | Finding, named: Named | None) -> bool:
    """Whether a part is the one that the work is about."""
    if isinstance(part, Component):
        return is_meant(part, named)
    if named is None or part.kind != named[0]:
        return False
    return named[1].casefold() in {str(part.number).casefold(), part.component.casefold()}


def _same(finding: Finding, document: DiagnosticsDocument) -> Finding | None:
    return next((one for one in document.findings if key_of(one) == key_of(finding)), None)


def _component(key: PartKey, document: DiagnosticsDocument) -> Component | None:
    return next((one for one in document.components if key_of(one) == key), None)


def _is_proven_gone(finding: Finding, before: DiagnosticsDocument, after: DiagnosticsDocument) -> bool:
    now = _component(key_of(finding), after)
    if now is not None:
        return now.state is State.OK
    if _component(key_of(finding), before) is not None:
        return False
    sources = {asked_of(evidence.source) for evidence in finding.evidence}
    return bool(sources) and all(status_of(after, source) is SourceStatus.OK for source in sources)


def _is_of_replaced_part(
    finding: Finding, now: Finding, before: DiagnosticsDocument, after: DiagnosticsDocument
) -> bool:
    """Whether an event log still tells of a part that was replaced: another serial number, and nothing new logged."""
    old, new = _component(key_of(finding), before), _component(key_of(now), after)
    if old is None or new is None or not old.serial or not new.serial or same_serial(old.serial, new.serial):
        return False
    known = {(said.source, said.object, said.value) for said in finding.evidence}
    bad = [said for said in now.evidence if said.value.casefold() not in WELL]
    return all(asked_of(said.source) != said.source and (said.source, said.object, said.value) in known for said in bad)


def _is_repaired(named: Named | None, gone: list[Finding], left: list[Finding], after: DiagnosticsDocument) -> bool:
    if named is None:
        return not left
    if any(is_named(one, named) for one in left):
        return False
    if any(is_named(one, named) for one in gone):
        return True
    parts = [part for part in after.components if is_named(part, named)]  # BEFORE could not see it: AFTER must
    return bool(parts) and all(part.state is State.OK for part in parts)


def _broken(before: DiagnosticsDocument, after: DiagnosticsDocument, named: Named | None) -> Iterator[Finding]:
    """What was fine, or not there, before: new findings, graver ones, parts that vanished, a machine gone dark."""
    for finding in after.findings:
        if finding.state not in IN_TROUBLE or is_named(finding, named):
            continue
        known = _same(finding, before)
        worse = known is not None and named is not None and RANK[finding.state] < RANK[known.state]
        if worse or (known is None and not _was_in_trouble(finding, before)):
            yield finding
    for part in before.components:
        if _vanished(part, after) and not is_named(part, named):
            title = f"{spoken(part.kind, part.number, part.name)} is no longer there"
            yield Finding(State.CRITICAL, part.kind, part.name, part.number, title, None, PULLED, None, (), part.device)
    if before.power.on and after.power.on is False:
        title = "The machine is off, and was on before"
        advice = "Ask whether it may be switched on; then take the diagnostics again."
        yield Finding(State.CRITICAL, Kind.SYSTEM, "power", None, title, None, advice, None, ())


def _was_in_trouble(finding: Finding, before: DiagnosticsDocument) -> bool:
    """A part that BEFORE already saw in trouble, though another finding explained it, is not new."""
    part = _component(key_of(finding), before)
    return part is not None and part.state in IN_TROUBLE and RANK[part.state] <= RANK[finding.state]


def _vanished(part: Component, after: DiagnosticsDocument) -> bool:
    if part.state in {State.ABSENT, State.UNKNOWN} or status_of(after, part.source) is not SourceStatus.OK:
        return False
    now = _component(key_of(part), after)
    return now is None or now.state is State.ABSENT


def _is_blind(before: DiagnosticsDocument, after: DiagnosticsDocument) -> bool:
    """Whether AFTER sees less than BEFORE did: a source fell silent, or a part's own state cannot be read."""
    silent = any(one.status in READ and status_of(after, one.name) not in READ for one in before.sources)
    nothing_read = not any(source.status in READ for source in after.sources)
    return silent or nothing_read or any(_unread(part, after) for part in before.components)


def _unread(part: Component, after: DiagnosticsDocument) -> bool:
    if part.kind in PROBES or part.state in {State.ABSENT, State.UNKNOWN}:
        return False
    now = _component(key_of(part), after)
    return now is None or now.state is State.UNKNOWN


def _is_other(before: DiagnosticsDocument, after: DiagnosticsDocument) -> bool:
    """Whether the two are of different machines: proof of one says nothing of the other."""
    serials = {document.identity.serial for document in (before, after)} - {None}
    devices = {document.device for document in (before, after)} - {""}
    return len(serials) > 1 or len(devices) > 1
