"""Guards for walking a column: every page of an answer is judged before its rows are believed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import lt
from typing import NamedTuple

from app.hardware.protocols.snmp_ber import END_OF_MIB, Oid, dotted
from app.hardware.protocols.snmp_pdu import Objects
from app.hardware.readings import SnmpValue


class Page(NamedTuple):
    """The rows of one answer that may be believed, and the identifier of the last of them to go on from.

    The column ended, or a problem says why to stop; `unread` names a row whose value makes no sense.
    """

    rows: Sequence[SnmpValue] = ()
    last: Oid | None = None
    ended: bool = False
    problem: str | None = None
    unread: str | None = None


def judge_page(column: Oid, last: Oid, objects: Objects) -> Page:
    """Return what of an answer belongs to `column` and comes after `last`.

    Identifiers must ascend strictly, one by one: an agent that repeats itself would be walked for ever.
    An empty answer without an end marker is a fault, not an empty table.
    """
    oids = objects.oids
    if not oids:
        return Page(problem="the agent answered with an empty list")
    if not objects.marks and not objects.unread and last < oids[0] and all(map(lt, oids, oids[1:])):
        return _cut(column, objects)
    for place, oid in enumerate(oids):
        mark = objects.marks.get(place)
        if mark == END_OF_MIB or oid[: len(column)] != column:
            return _believe(objects, place, ended=True)
        if oid <= last:
            if not place and mark:
                return Page(ended=True)
            return _believe(objects, place, problem="the agent's list does not ascend")
        last = oid
    return _believe(objects, len(oids))


def _cut(column: Oid, objects: Objects) -> Page:
    """The page of an answer without fault, its identifiers in order: those of a column stand together."""
    oids, values = objects.oids, objects.values
    if oids[0][: len(column)] != column:
        return Page(ended=True)
    if oids[-1][: len(column)] == column:
        return Page(values, oids[-1])
    count = bisect_left(oids, (*column[:-1], column[-1] + 1))
    return Page(values[:count], oids[count - 1], ended=True)


def _believe(objects: Objects, count: int, *, ended: bool = False, problem: str | None = None) -> Page:
    """The page with its first `count` objects as rows."""
    unread = [place for place in objects.unread if place < count]
    rows = objects.values[: count - len(unread)]
    reason = f"{dotted(objects.oids[unread[-1]])}: {objects.unread[unread[-1]]}" if unread else None
    return Page(rows, objects.oids[count - 1] if count else None, ended, problem, reason)
