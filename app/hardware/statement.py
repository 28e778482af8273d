"""What a sweep keeps of a machine: everything it says, without the moment; and what of that changed. Pure.

A statement is a flat table: a key that names a part, a reading, a source or a finding, and what is said of it. A sweep
that finds a machine as it was keeps nothing; otherwise it keeps the fields that are different. Whoever adds up the
changes since the last whole statement has what the machine said at that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.clock import utc_text
from app.hardware.diagnostics import FORMAT
from app.hardware.facts import RANK
from app.hardware.readings import State

Row = dict[str, Any]
Statement = dict[str, Row]

# Part of the document -> the fields that say which one it is.
PARTS = {
    "sources": ("name",),
    "components": ("device", "kind", "number", "name"),
    "readings": ("device", "source", "kind", "name"),
    "events": ("source", "record", "at", "text"),
    "findings": ("device", "kind", "number", "component", "title"),
}
WHOLE = ("identity", "power")
OF_THE_MOMENT = frozenset({"read_at", "duration_ms", "requests"})
SET, GONE = "set", "gone"


def statement_of(document: Mapping[str, Any]) -> Statement:
    """A diagnostics document in its outward form as a statement."""
    said: Statement = {name: dict(document[name]) for name in WHOLE}
    said["document"] = {"device": document["device"], "complete": document["complete"]}
    for part, names in PARTS.items():
        for row in document[part]:
            key = "|".join([part, *(str(row.get(name) or "") for name in names)])
            twin, number = key, 2
            while twin in said:
                twin, number = f"{key}|{number}", number + 1
            said[twin] = _timeless(row)
    return said


def _timeless(row: Mapping[str, Any]) -> Row:
    kept = {name: value for name, value in row.items() if name not in OF_THE_MOMENT}
    if "evidence" in kept:
        kept["evidence"] = [_timeless(one) for one in kept["evidence"]]
    return kept


def whole(said: Statement) -> dict[str, Any]:
    """A statement as the change from nothing."""
    return {SET: said, GONE: []}


def change_between(before: Statement, after: Statement) -> dict[str, Any] | None:
    """What has to be kept so that `after` can be had from `before`; None when nothing is different."""
    changed: dict[str, Row] = {}
    for key, row in after.items():
        old = before.get(key)
        if old is None:
            changed[key] = row
        elif old != row:
            if old.keys() - row.keys():  # a field went away: the whole row takes the old one's place
                changed[key] = {**dict.fromkeys(old), **row}
            else:
                changed[key] = {name: value for name, value in row.items() if name not in old or old[name] != value}
    gone = [key for key in before if key not in after]
    return {SET: changed, GONE: gone} if changed or gone else None


def touches(change: Mapping[str, Any], before: Statement, part: str) -> bool:
    """Whether rows of a part came or went; what is said of those that stay does not count."""
    came = (key for key in change[SET] if key not in before)
    return any(key.startswith(f"{part}|") for key in (*came, *change[GONE]))


def applied(before: Statement, change: Mapping[str, Any]) -> Statement:
    """The statement after a change. Neither is altered; rows that stay are shared."""
    gone = frozenset(change[GONE])
    after = {key: row for key, row in before.items() if key not in gone}
    for key, fields in change[SET].items():
        after[key] = {**after.get(key, {}), **fields}
    return after


def rows_of(said: Statement, part: str, at: datetime | None = None) -> list[Row]:
    """The rows of one part of a document; what was measured carries `at` as the moment of its reading."""
    rows = [row for key, row in said.items() if key.startswith(f"{part}|")]
    if part == "findings":
        rows.sort(key=lambda row: RANK[State(row["state"])])  # the database keeps no order of keys
    if at is None or part not in {"readings", "findings"}:
        return rows
    moment = utc_text(at)
    if part == "readings":
        return [{**row, "read_at": moment} for row in rows]
    return [{**row, "evidence": [{**one, "read_at": moment} for one in row["evidence"]]} for row in rows]


def document_of(said: Statement, document_id: UUID, at: datetime) -> dict[str, Any]:
    """The statement as a diagnostics document of the moment at which it was found to hold."""
    return {
        "format": FORMAT,
        "id": str(document_id),
        "taken_at": utc_text(at),
        "duration_ms": 0,
        **said["document"],
        **{name: said[name] for name in WHOLE},
        **{part: rows_of(said, part, at) for part in PARTS},
    }


def folded(changes: Iterable[tuple[datetime, Mapping[str, Any]]], moments: Iterable[datetime]) -> list[Statement]:
    """What was said at each of these moments; both in order of time, the first change a whole statement."""
    found, said = [], Statement()
    pending = iter(changes)
    following = next(pending, None)
    for moment in moments:
        while following is not None and following[0] <= moment:
            said = applied(said, following[1])
            following = next(pending, None)
        found.append(said)
    return found
