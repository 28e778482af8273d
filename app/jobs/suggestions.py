"""What a finding suggests to Level 1: the kind of job, the part, and the evidence in a sentence. Pure.

Offered, never filled in by itself: a person chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.jobs.kind import Kind


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a tap fills in: kind of job (None leaves it), answers by question, a sentence for the summary."""

    title: str
    job_kind: str | None
    answers: Mapping[str, str]
    evidence: str


def suggested(finding: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Suggestion:
    """Read one finding of a diagnostics document; the part comes from its cause, else from its own number."""
    kind = kinds.get(finding.get("job_kind") or "")
    answers = _answers(finding, kind) if kind else {}
    words = [kind.title if kind else "Only the evidence", *answers.values()]
    return Suggestion(", ".join(words), kind.name if kind else None, answers, _evidence(finding))


def _answers(finding: Mapping[str, Any], kind: Kind) -> dict[str, str]:
    cause = finding.get("cause") or {}
    if cause.get("kind") in {question.id for question in kind.questions}:
        return {cause["kind"]: " ".join(filter(None, (cause.get("device"), cause["kind"], cause.get("component"))))}
    part = finding.get("number") or finding.get("component")
    return {kind.target_question: str(part)} if kind.target_question and part else {}


def _evidence(finding: Mapping[str, Any]) -> str:
    seen = [f"{one['object']}: {one['value']} ({_told_by(one['source'])})" for one in finding.get("evidence", ())]
    return f"{finding['title']}." + (f" Evidence: {'; '.join(seen)}." if seen else "")


def _told_by(source: str) -> str:
    """`ipmi-sel` -> "IPMI, event log", `snmp:PDU-A` -> "SNMP, PDU-A"."""
    protocol, _, device = source.partition(":")
    protocol, _, part = protocol.partition("-")
    return ", ".join(filter(None, (protocol.upper(), {"sel": "event log"}.get(part, part), device)))
