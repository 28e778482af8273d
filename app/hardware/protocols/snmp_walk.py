"""Guards for walking a column: every page of an answer is judged before its rows are believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.hardware.protocols.snmp_ber import END_OF_MIB, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Oid
from app.hardware.protocols.snmp_pdu import Varbind


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer that may be believed; the column ended, or a problem says why to stop."""

    rows: tuple[Varbind, ...] = ()
    ended: bool = False
    problem: str | None = None


def judge_page(column: Oid, last: Oid, varbinds: Sequence[Varbind]) -> Page:
    """Return what of an answer belongs to `column` and comes after `last`.

    Identifiers must ascend strictly, one by one: an agent that repeats itself would be walked for ever.
    An empty answer without an end marker is a fault, not an empty table.
    """
    if not varbinds:
        return Page(problem="the agent answered with an empty list")
    rows: list[Varbind] = []
    length = len(column)
    for varbind in varbinds:
        oid, tag, _, _ = varbind
        if tag == END_OF_MIB or oid[:length] != column:
            return Page(tuple(rows), ended=True)
        if oid <= last:
            if not rows and tag in (NO_SUCH_OBJECT, NO_SUCH_INSTANCE):
                return Page(ended=True)
            return Page(tuple(rows), problem="the agent's list does not ascend")
        rows.append(varbind)
        last = oid
    return Page(tuple(rows))
