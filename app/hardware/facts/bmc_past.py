"""What earlier diagnostics of the same machine know of its event log. Pure.

A BMC keeps the errors of a part that is long replaced, until somebody clears its log. What was over stays over; what
earlier diagnostics had already seen, and that befell a part with another serial number than today's, is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.hardware.diagnostics import DiagnosticsDocument, Event
from app.hardware.facts import Part, PartKey
from app.hardware.facts.bmc_parts import Owner

SAME_INSTANT = timedelta(minutes=2)  # clocks are compared anew each time


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier diagnostics of one machine."""

    document: DiagnosticsDocument

    def settles(self, event: Event, owner: Owner, parts: Sequence[Part]) -> bool:
        """Whether the entry was over already, or was seen before its part was replaced.

        An entry without a time is never taken for the same as an earlier one: a cleared log counts from one again.
        """
        known = next((one for one in self.document.events if _is_same(one, event)), None)
        return known is not None and (known.over or self._is_replaced(owner.part().key, parts))

    def _is_replaced(self, key: PartKey, parts: Sequence[Part]) -> bool:
        now = next((part.serial for part in parts if part.key == key), None)
        before = next(
            (one.serial for one in self.document.components if (one.device, one.kind, one.number or one.name) == key),
            None,
        )
        return now is not None and before is not None and now != before


def _is_same(one: Event, other: Event) -> bool:
    if one.at is None or other.at is None or abs(one.at - other.at) > SAME_INSTANT:
        return False
    return (one.source, one.record, one.component, one.text) == (
        other.source,
        other.record,
        other.component,
        other.text,
    )
