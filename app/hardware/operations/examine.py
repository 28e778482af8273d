"""Asking one machine from inside its site. No database, only the network; a failure is a source that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import business_now, drill_offset, true_now
from app.core.errors import Invalid
from app.hardware.collect import collect
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.operations.reach import Reach
from app.hardware.readings import SourceStatus
from app.hardware.sources import askings_of
from app.hardware.target import parse_target

Part = dict[str, Any]


def examine(
    reach: Reach,
    run_id: UUID,
    *,
    earlier: DiagnosticsDocument | None,
    show: Callable[[list[Part]], None],
    insists: bool = False,
) -> DiagnosticsDocument:
    """Take diagnostics within the target's deadline; always returns.

    `show` gets every source (name, state, detail) each time one of them says something: first what will be asked.
    What cannot be asked because of us stands among the sources, as what failed. `insists`: a person asked for it.
    """
    try:
        target = parse_target(reach.target)
    except Invalid as refused:
        return not_asked(reach, run_id, refused)
    progress = {one.name: _part(one.name, "unknown", one.detail) for one in reach.unusable}
    progress |= {one.name: _part(one.name, "todo", one.address) for one in askings_of(target, true_now)}
    show(list(progress.values()))

    def note(name: str, part: Part) -> None:
        progress[name] = _part(name, part["state"], part["detail"])
        show(list(progress.values()))

    said = collect(target, true_now, on_part=note, earlier=earlier, document_id=str(run_id), insists=insists)
    document = moved(said, drill_offset())
    if not reach.unusable:
        return document
    return replace(document, sources=(*document.sources, *reach.unusable), complete=False)


def moved(document: DiagnosticsDocument, by: timedelta) -> DiagnosticsDocument:
    """The document as a drill's clock would have it: every instant moved, so that ages on pages are right."""
    return replace(
        document,
        taken_at=document.taken_at + by,
        readings=tuple(replace(one, read_at=one.read_at + by) for one in document.readings),
        events=tuple(replace(one, at=one.at + by if one.at else None) for one in document.events),
        findings=tuple(
            replace(one, evidence=tuple(replace(said, read_at=said.read_at + by) for said in one.evidence))
            for one in document.findings
        ),
    )


def _part(name: str, state: str, detail: str | None) -> Part:
    return {"name": name, "state": state, "detail": detail}


def not_asked(reach: Reach, run_id: UUID, refused: Invalid) -> DiagnosticsDocument:
    """Nothing can be asked: no address is known, or what is recorded of them is no use."""
    tag = reach.target["device"]["name"]
    known = any(isinstance(value, dict) for value in reach.target["device"].values())
    detail = refused.detail if known else f"No address of {tag}, or of what feeds it, is recorded."
    advice = "Enter how it is reached (IPMI, SNMP), or look by eye: lights, labels, cables."
    nothing = Source("target", tag, SourceStatus.UNSUPPORTED, detail, advice)
    return DiagnosticsDocument(
        id=str(run_id),
        device=tag,
        taken_at=business_now(),
        duration_ms=0,
        complete=False,
        sources=reach.unusable or (nothing,),
    )
