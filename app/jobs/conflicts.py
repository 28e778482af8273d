"""Two people's work on one step: what each of them gave, and what a person may choose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.clock import utc_text

WORDS = {"code": "scanned", "serial": "serial", "rack": "rack", "tag": "tag", "note": "note", "overtime": "why so late"}


class Choice(StrEnum):
    """Which version stands on the order; `both`: the first stands, and the second stays beside it."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Version:
    """What one person did of a step: when by their tablet (`done_at` as it was believed), when it reached us."""

    by: str
    done_at: datetime
    device_at: datetime | None
    arrived_at: datetime
    evidence: Mapping[str, Any]

    def form(self) -> dict[str, Any]:
        """As it is kept, and told by the API."""
        return {
            "by": self.by,
            "done_at": utc_text(self.done_at),
            "device_at": utc_text(self.device_at) if self.device_at else None,
            "arrived_at": utc_text(self.arrived_at),
            "evidence": dict(self.evidence),
        }


def version_of(form: Mapping[str, Any]) -> Version:
    """The version out of what was kept."""
    told = form["device_at"]
    return Version(
        form["by"],
        datetime.fromisoformat(form["done_at"]),
        datetime.fromisoformat(told) if told else None,
        datetime.fromisoformat(form["arrived_at"]),
        form["evidence"],
    )


def evidence_words(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was given as (what, value), in the order in which one reads it; a photo is shown, not told."""
    found = [(WORDS[name], str(evidence[name])) for name in WORDS if str(evidence.get(name) or "").strip()]
    if str(evidence.get("value", "")).strip():
        found.append(("reading", f"{evidence['value']} {evidence.get('unit') or ''}".strip()))
    if str(evidence.get("typed_why") or "").strip():
        found.append(("typed, because", str(evidence["typed_why"]).replace("_", " ")))
    return found
