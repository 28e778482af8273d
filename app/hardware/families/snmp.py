"""The vocabulary of an SNMP vendor file, and what it makes of an agent's values. Pure: runs on recordings.

A family is mostly data: `Status` rows (objects of integer codes) and `Measure` rows (objects that measure). A column
gives one part a row; a scalar, whose OID ends in .0, gives one part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Codes, Facts, Meaning, Observation, Part, join_parts
from app.hardware.facts.agent_values import Values, is_scalar, last_arc
from app.hardware.facts.naming import name_of
from app.hardware.readings import Identity, SnmpValue, State

__all__ = ["Measure", "Named", "SnmpFamily", "Status", "Values", "Where"]

NOT_THERE = Meaning(State.ABSENT, "not there")
ALL_PARTS = frozenset(Kind)  # what explains the health of a whole device


@dataclass(frozen=True, slots=True)
class Where:
    """Rows in which the object in `column` holds one of `codes`; rows without that object are none of them."""

    column: str
    codes: frozenset[int]

    def holds(self, values: Values, index: str) -> bool:
        """Whether a row is one of these."""
        return values.number(self.column, index) in self.codes


@dataclass(frozen=True, slots=True)
class Named:
    """Rows in which the text in `column` matches `pattern` somewhere."""

    column: str
    pattern: re.Pattern[str]

    def holds(self, values: Values, index: str) -> bool:
        """Whether a row is one of these."""
        return bool(self.pattern.search(values.text(self.column, index) or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What status and measuring rows have in common: which object, and which part a row of it speaks of.

    The part's number is `number` of the row's index, or what `number_column` holds. `bay` reads it out of a text there
    ("Port 1I Box 6 Bay 4"): its last group is the number, unless two rows share it; then the group before is put
    before it ("6:4"). The name is what `name_column` holds, else the usual name of the part's kind, else `label` and
    the number. Only rows that are `where` count, if given, and none that are `unless`.
    """

    column: str
    object: str
    kind: str
    label: str
    number: Callable[[str], str] = last_arc
    number_column: str | None = None
    bay: re.Pattern[str] | None = None
    name_column: str | None = None
    where: Where | Named | None = None
    unless: Where | Named | None = None

    def indexes(self, values: Values) -> list[str]:
        """The rows that count, in the agent's order."""
        rows = values.rows(self.column)
        return [
            index
            for index in rows
            if (self.where is None or self.where.holds(values, index))
            and not (self.unless and self.unless.holds(values, index))
        ]

    def numbers(self, values: Values) -> dict[str, str | None]:
        """The number of every row that counts; where rows claim the same (chained PDUs count anew), its own index."""
        indexes = self.indexes(values)
        if is_scalar(self.column):
            return dict.fromkeys(indexes)
        if self.bay is not None:
            return {**_bays(self.bay, {index: values.text(self.number_column, index) for index in indexes})}
        found: dict[str, str | None] = {}
        for index in indexes:
            own = self.number(index)
            number = values.text(self.number_column, index) or own
            found[index] = own if number in found.values() else number
        return found

    def companions(self) -> tuple[str, ...]:
        """Further columns of the same rows; not worth asking for when the row's own column is empty."""
        wheres = [where.column for where in (self.where, self.unless) if where]
        return tuple(oid for oid in (self.number_column, self.name_column, *wheres) if oid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(_Row):
    """One object whose integer says how parts are. `object` is its MIB name: the evidence.

    `texts` are for objects that say it in words instead, in lower case.

    Parts without a number of their own (a phase, a bank) are not `numbered`: the label tells them apart. Rows that are
    `absent_when` are empty bays, whatever their code. `explained_by` makes it a roll-up. A `measured` status is about
    a value and its limits: it cannot hide what another object says of the part.
    """

    kind: Kind
    codes: Codes = field(default_factory=dict)
    texts: Mapping[str, Meaning] = field(default_factory=dict)
    numbered: bool = True
    serial_column: str | None = None
    absent_when: Where | None = None
    explained_by: frozenset[Kind] = frozenset()
    measured: bool = False

    def companions(self) -> tuple[str, ...]:
        """Further columns of the same rows."""
        absent = self.absent_when.column if self.absent_when else None
        return (*_Row.companions(self), *(oid for oid in (self.serial_column, absent) if oid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(_Row):
    """One object that measures: raw value times `scale` plus `offset` is in `unit`.

    `not_measured` are codes for "no value here". `state_column` and `state_codes` say what the device itself thinks of
    the value. `part` links it to the part of that kind with the same number. The rows of a `total` sum up to what the
    whole device draws or delivers.
    """

    unit: str
    scale: float = 1.0
    offset: float = 0.0
    not_measured: frozenset[int] = frozenset({-1})
    state_column: str | None = None
    state_codes: Codes = field(default_factory=dict)
    part: Kind | None = None
    total: bool = False

    def companions(self) -> tuple[str, ...]:
        """Further columns of the same rows."""
        return (*_Row.companions(self), *([self.state_column] if self.state_column else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpFamily:
    """How to read one family of agents. `roles` are the devices worth asking; empty is every role.

    `probe` is an object that only this family's agents have: where sysObjectID tells nothing of the hardware (a plain
    net-snmp, Windows), an agent that has it is one of them. `standard` families are no maker's own.
    `product`, `serial` and `firmware` are objects in order of preference; of a column the first row counts.
    `read` adds what rows cannot say; it may use `more`, further columns and scalars to ask for: of columns of one
    table the first decides whether the others are worth asking for.
    """

    name: str
    title: str
    identified_by: tuple[str, ...]
    probe: str | None = None
    standard: bool = False
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

    def asked_first(self) -> tuple[str, ...]:
        """Every scalar and column to ask for in any case, once."""
        companions = {oid for oids in self.asked_then().values() for oid in oids}
        rows = [row.column for row in (*self.statuses, *self.measures)]
        named = (*self.product, *self.serial, *self.firmware)
        more = [oid for oid in self.more if oid not in companions]
        scalars = [oid for oid in companions if is_scalar(oid)]
        return tuple(dict.fromkeys((*named, *rows, *more, *scalars)))

    def asked_then(self) -> dict[str, tuple[str, ...]]:
        """Columns to ask for only when the column before them has rows."""
        then: dict[str, tuple[str, ...]] = {}
        for row in (*self.statuses, *self.measures):
            then[row.column] = (*then.get(row.column, ()), *row.companions())
        first_of: dict[str, str] = {}
        for oid in (one for one in self.more if not is_scalar(one)):
            first = first_of.setdefault(oid.rpartition(".")[0], oid)
            then[first] = (*then.get(first, ()), *([oid] if oid != first else []))
        return {column: oids for column, oids in then.items() if oids}

    def objects(self) -> tuple[str, ...]:
        """Every scalar and column that this family may ask for, once."""
        then = (oid for oids in self.asked_then().values() for oid in oids)
        return tuple(dict.fromkeys((*self.asked_first(), *then)))

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


def meaning_of(codes: Codes, value: SnmpValue) -> Meaning:
    """What a code means; one that the table does not know is unknown, never ok."""
    if not isinstance(value.value, int):
        return Meaning(State.UNKNOWN, "the agent gave no number")
    return codes.get(value.value) or Meaning(State.UNKNOWN, f"code {value.value}, which its MIB does not explain")


def _parts(row: Status, values: Values) -> Iterator[Part]:
    for index, number in row.numbers(values).items():
        name = values.text(row.name_column, index) or _usual_name(row.kind, number, row.label)
        absent = row.absent_when is not None and row.absent_when.holds(values, index)
        meaning = NOT_THERE if absent else _meaning(row, values, index)
        evidence = f"{row.object}.{index}"
        observed = Observation(
            meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault, row.measured
        )
        yield Part(
            row.kind,
            name,
            number if row.numbered else None,
            (observed,),
            values.text(row.serial_column, index),
            meaning.value,
            explained_by=row.explained_by,
        )


def _meaning(row: Status, values: Values, index: str) -> Meaning:
    value = values.rows(row.column)[index]
    text = values.text(row.column, index) if row.texts and isinstance(value.value, bytes) else None
    if text is None:
        return meaning_of(row.codes, value)
    return row.texts.get(text.casefold()) or Meaning(State.UNKNOWN, f'"{text}", which the tables do not explain')


def _usual_name(kind: Kind | None, number: str | None, label: str) -> str:
    plain = f"{label} {number}" if number else label
    return name_of(kind, number, plain) if kind else plain


def _bays(pattern: re.Pattern[str], texts: Mapping[str, str | None]) -> dict[str, str]:
    """Numbers out of texts: as many of a text's last groups as tell the rows apart; a row's own index without match."""
    found = {index: pattern.search(text or "") for index, text in texts.items()}
    numbers: dict[str, str] = {}
    for size in range(1, pattern.groups + 1):
        numbers = {index: _joined(match, size) if match else last_arc(index) for index, match in found.items()}
        if len(set(numbers.values())) == len(numbers):
            return numbers
    return {index: number if list(numbers.values()).count(number) == 1 else index for index, number in numbers.items()}


def _joined(match: re.Match[str], size: int) -> str:
    return ":".join(group for group in match.groups()[-size:] if group)


def _readings(row: Measure, values: Values) -> Iterator[Reading]:
    for index, number in row.numbers(values).items():
        own_name = values.text(row.name_column, index)
        raw = values.measured(row.column, index)
        if raw in row.not_measured:
            continue
        state, reason = _state_of_reading(row, values, index, raw)
        yield Reading(
            row.kind,
            own_name or _usual_name(None, number, row.label),
            None if raw is None else round(raw * row.scale + row.offset, 6),
            row.unit,
            state,
            values.source,
            values.read_at,
            reason,
            (own_name or _usual_name(row.part, number, row.label)) if row.part else None,
        )


def _state_of_reading(row: Measure, values: Values, index: str, raw: float | None) -> tuple[State, str | None]:
    if raw is None:
        return State.UNKNOWN, "the agent gave no number"
    said = values.rows(row.state_column).get(index) if row.state_column else None
    if said is None:
        return State.OK, None
    meaning = meaning_of(row.state_codes, said)
    return meaning.state, None if meaning.state is State.OK else meaning.words
