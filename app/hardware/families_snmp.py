"""The vocabulary of an SNMP vendor file, and what it makes of an agent's values. Pure: runs on recordings.

A family is mostly data: `Status` rows (objects of integer codes) and `Measure` rows (objects that measure). A column
gives one part a row; a scalar, whose OID ends in .0, gives one part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Codes, Facts, Meaning, Observation, Part, join_parts
from app.hardware.naming import name_of
from app.hardware.readings import Identity, SnmpTable, SnmpType, SnmpValue, State

NO_OBJECT = SnmpValue("", SnmpType.ABSENT, None)


class Values:
    """What one agent answered: scalars by OID and walked columns by OID, with the moment and the source's name."""

    def __init__(
        self,
        source: str,
        read_at: datetime,
        scalars: Mapping[str, SnmpValue],
        tables: Mapping[str, SnmpTable],
    ) -> None:
        self.source = source
        self.read_at = read_at
        self._columns = {oid: {"0": value} for oid, value in scalars.items() if value.type is not SnmpType.ABSENT}
        for column, table in tables.items():
            rows = (row for row in table.rows if row.type is not SnmpType.ABSENT)
            self._columns[column] = {row.oid[len(column) + 1 :]: row for row in rows}

    def rows(self, column: str) -> Mapping[str, SnmpValue]:
        """The rows of a column, or the one value of a scalar, by index; empty when the agent has none."""
        return self._columns.get(column, {})

    def number(self, column: str, index: str = "0") -> float | None:
        """A number, or None when the object is not there or is no number."""
        value = self._at(column, index).value
        return None if value is None or isinstance(value, bytes) else value

    def text(self, column: str | None, index: str = "0") -> str | None:
        """A text without control characters, or None when the object is not there, empty or no text."""
        value = self._at(column, index).value if column else None
        if not isinstance(value, bytes):
            return None if value is None else str(value)
        try:
            decoded = value.decode()
        except UnicodeDecodeError:
            decoded = value.decode("latin-1")
        return "".join(sign for sign in decoded if sign.isprintable()).strip() or None

    def _at(self, column: str, index: str) -> SnmpValue:
        return self.rows(column).get(index, NO_OBJECT)


def is_scalar(oid: str) -> bool:
    """Whether an OID names one value (it ends in .0) and not a column."""
    return oid.endswith(".0")


def last_arc(index: str) -> str:
    """The last number of a row's index: the unit inside its chassis, with nearly every vendor."""
    return index.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One object whose integer says how parts are. `object` is its MIB name: the evidence.

    The part's number is `number` of the row's index, or what `number_column` holds; its name is what `name_column`
    holds, else the usual name of its kind, else `label` and the number. Parts without a number of their own (a phase,
    a bank) are not `numbered`: the label tells them apart. `explained_by` makes it a roll-up.
    """

    column: str
    object: str
    kind: Kind
    codes: Codes
    label: str
    numbered: bool = True
    number: Callable[[str], str] = last_arc
    number_column: str | None = None
    name_column: str | None = None
    serial_column: str | None = None
    explained_by: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One object that measures: raw value times `scale` is in `unit`. `not_measured` are codes for "no value here".

    `part` links it to the part of that kind with the same number, found as in `Status`. The rows of a `total` sum up
    to what the whole device draws or delivers.
    """

    column: str
    object: str
    kind: str
    unit: str
    label: str
    scale: float = 1.0
    not_measured: frozenset[int] = frozenset({-1})
    part: Kind | None = None
    number: Callable[[str], str] = last_arc
    number_column: str | None = None
    name_column: str | None = None
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpFamily:
    """How to read one family of agents. `roles` are the devices worth asking; empty is every role.

    `product`, `serial` and `firmware` are objects in order of preference; of a column the first row counts.
    `read` adds what rows cannot say; it may use `more`, further columns and scalars to ask for.
    """

    name: str
    title: str
    identified_by: tuple[str, ...]
    statuses: tuple[Status, ...] = ()
    measures: tuple[Measure, ...] = ()
    roles: frozenset[str] = frozenset()
    manufacturer: str | None = None
    product: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()
    firmware: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    read: Callable[[Values], Facts] | None = None

    def fits(self, object_id: str, role: str) -> bool:
        """Whether this family speaks for an agent with this sysObjectID in a device of this role."""
        known = not self.identified_by or any(f"{object_id}.".startswith(f"{one}.") for one in self.identified_by)
        return known and (not self.roles or role in self.roles)

    def objects(self) -> tuple[str, ...]:
        """Every scalar and column to ask for, once, in the order of the tables."""
        statuses = [(row.column, row.number_column, row.name_column, row.serial_column) for row in self.statuses]
        measures = [(row.column, row.number_column, row.name_column) for row in self.measures]
        named = [oid for row in (*statuses, *measures) for oid in row if oid]
        return tuple(dict.fromkeys((*self.product, *self.serial, *self.firmware, *named, *self.more)))

    def facts(self, values: Values) -> Facts:
        """Parts and readings out of an agent's values."""
        parts = tuple(part for row in self.statuses for part in _parts(row, values))
        readings = tuple(reading for row in self.measures for reading in _readings(row, values))
        added = self.read(values) if self.read else Facts()
        return Facts(
            self._identity(values),
            added.power_on,
            added.watts if added.watts is not None else self._total_watts(values),
            join_parts((*parts, *added.parts)),
            (*readings, *added.readings),
            added.events,
        )

    def _total_watts(self, values: Values) -> float | None:
        watts = [reading.value for row in self.measures if row.total for reading in _readings(row, values)]
        known = [value for value in watts if value is not None]
        return sum(known) if known and len(known) == len(watts) else None

    def _identity(self, values: Values) -> Identity:
        def first(objects: tuple[str, ...]) -> str | None:
            texts = (values.text(oid, index) for oid in objects for index in values.rows(oid))
            return next((text for text in texts if text), None)

        return Identity(self.manufacturer, first(self.product), first(self.serial), None, first(self.firmware))


def _parts(row: Status, values: Values) -> Iterator[Part]:
    seen: set[str] = set()
    for index, value in values.rows(row.column).items():
        number = _number(row, values, index, seen)
        name = values.text(row.name_column, index) or _usual_name(row.kind, number, row.label)
        meaning = _meaning(row.codes, value)
        evidence = f"{row.object}.{index}"
        observed = Observation(meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault)
        serial = values.text(row.serial_column, index)
        yield Part(
            row.kind,
            name,
            number if row.numbered else None,
            (observed,),
            serial,
            meaning.value,
            explained_by=row.explained_by,
        )


def _usual_name(kind: Kind | None, number: str | None, label: str) -> str:
    plain = f"{label} {number}" if number else label
    return name_of(kind, number, plain) if kind else plain


def _number(row: Status | Measure, values: Values, index: str, seen: set[str]) -> str | None:
    """The part's number; where two rows claim the same (chained PDUs count anew), the later one's own index."""
    if is_scalar(row.column):
        return None
    own = row.number(index)
    number = values.text(row.number_column, index) or own
    number = own if number in seen else number
    seen.add(number)
    return number


def _meaning(codes: Codes, value: SnmpValue) -> Meaning:
    if not isinstance(value.value, int):
        return Meaning(State.UNKNOWN, "the agent gave no number")
    return codes.get(value.value) or Meaning(State.UNKNOWN, f"code {value.value}, which its MIB does not explain")


def _readings(row: Measure, values: Values) -> Iterator[Reading]:
    seen: set[str] = set()
    for index in values.rows(row.column):
        number = _number(row, values, index, seen)
        own_name = values.text(row.name_column, index)
        raw = values.number(row.column, index)
        if raw in row.not_measured:
            continue
        state, reason = (State.OK, None) if raw is not None else (State.UNKNOWN, "the agent gave no number")
        yield Reading(
            row.kind,
            own_name or _usual_name(None, number, row.label),
            None if raw is None else round(raw * row.scale, 6),
            row.unit,
            state,
            values.source,
            values.read_at,
            reason,
            (own_name or _usual_name(row.part, number, row.label)) if row.part else None,
        )
