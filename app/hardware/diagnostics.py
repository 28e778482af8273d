"""The diagnostics document: what one device, and what feeds it, said at one moment.

Frozen values with one outward form, `rackside.diagnostics/1`: `to_dict()` writes it, `from_dict()` reads it.
Instants are aware UTC inside and ISO 8601 with milliseconds and Z outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from app.core.clock import utc_text
from app.core.errors import Invalid
from app.hardware.readings import Identity, SourceStatus, State

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = "rackside.diagnostics/1"

T = TypeVar("T", bound="DataclassInstance")


class Kind(StrEnum):
    """What a component or a finding is about."""

    PSU = "psu"
    FAN = "fan"
    TEMPERATURE = "temperature"
    VOLTAGE = "voltage"
    CURRENT = "current"
    DRIVE = "drive"
    RAID_VOLUME = "raid_volume"
    RAID_CONTROLLER = "raid_controller"
    BATTERY = "battery"
    MEMORY = "memory"
    CPU = "cpu"
    NIC = "nic"
    SWITCH_PORT = "switch_port"
    OUTLET = "outlet"
    UPS = "ups"
    CHASSIS = "chassis"
    SYSTEM = "system"
    BMC = "bmc"


@dataclass(frozen=True, slots=True)
class Source:
    """One protocol on one address and how it answered. `advice` says what a person should do when it did not."""

    name: str
    address: str
    status: SourceStatus
    detail: str | None = None
    advice: str | None = None
    duration_ms: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Power:
    """Whether the device is on (None: nobody could tell) and what it draws in watts."""

    on: bool | None = None
    watts: float | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One part and its state. `value` is on/off for outlets, up/down/admin_down for ports.

    `device` is set for parts of another device than the one examined (an outlet of the PDU that feeds it).
    """

    OMITTED_WHEN_NONE: ClassVar[frozenset[str]] = frozenset({"value", "device"})

    kind: Kind
    name: str
    number: str | None
    state: State
    reason: str | None
    serial: str | None
    source: str
    value: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value in a UCUM unit. Unreadable is `value` None, state unknown and a reason: never 0, never ok.

    `component` names the part it belongs to, `device` another device than the one examined; `lower` and `upper` are the
    nearest limits that the device itself tells, in the same unit.
    """

    OMITTED_WHEN_NONE: ClassVar[frozenset[str]] = frozenset({"reason", "component", "device", "lower", "upper"})

    kind: str
    name: str
    value: float | None
    unit: str | None
    state: State
    source: str
    read_at: datetime
    reason: str | None = None
    component: str | None = None
    device: str | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a device's log in plain words. `at` is None when the device's clock was never set.

    `over` is True when the log itself says later that it has ended: such an entry is history.
    """

    at: datetime | None
    component: str | None
    kind: Kind
    severity: State
    text: str
    source: str
    record: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which object of which source said what, and when."""

    source: str
    object: str
    value: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Cause:
    """What explains a finding: a part of some device and the state it is in."""

    kind: Kind
    device: str
    component: str
    state: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person must know: one per cause, with advice that is safe to follow."""

    OMITTED_WHEN_NONE: ClassVar[frozenset[str]] = frozenset({"device"})

    state: State
    kind: Kind
    component: str
    number: str | None
    title: str
    cause: Cause | None
    advice: str
    job_kind: str | None
    evidence: tuple[Evidence, ...]
    device: str | None = None


@dataclass(frozen=True, slots=True)
class DiagnosticsDocument:
    """The whole answer. `complete` is True only when every source is ok; findings stand worst first."""

    id: str
    device: str
    taken_at: datetime
    duration_ms: int
    complete: bool
    sources: tuple[Source, ...] = ()
    identity: Identity = field(default_factory=Identity)
    power: Power = field(default_factory=Power)
    components: tuple[Component, ...] = ()
    readings: tuple[Reading, ...] = ()
    events: tuple[Event, ...] = ()
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The outward form, ready for JSON."""
        return {"format": FORMAT, **plain(self)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> DiagnosticsDocument:
        """Read the outward form; fields it does not know are ignored. Raises Invalid, saying what is wrong."""
        if not isinstance(raw, Mapping) or raw.get("format") != FORMAT:
            raise Invalid("not_diagnostics", f"This is not a document of the format {FORMAT}.")
        try:
            return _document(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Invalid("bad_diagnostics", f"The diagnostics document cannot be read: {error}.") from error


def plain(value: Any) -> Any:
    """A value of this module as JSON-ready dictionaries, lists, texts and numbers."""
    if is_dataclass(value) and not isinstance(value, type):
        omitted: frozenset[str] = getattr(value, "OMITTED_WHEN_NONE", frozenset())
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: plain(item) for name, item in pairs if item is not None or name not in omitted}
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def _document(raw: Mapping[str, Any]) -> DiagnosticsDocument:
    return _read(
        DiagnosticsDocument,
        raw,
        taken_at=_instant,
        sources=_each(Source, status=SourceStatus),
        identity=_one(Identity),
        power=_one(Power),
        components=_each(Component, kind=Kind, state=State),
        readings=_each(Reading, state=State, read_at=_instant),
        events=_each(Event, at=_instant_or_none, kind=Kind, severity=State),
        findings=_each(
            Finding,
            state=State,
            kind=Kind,
            cause=_one_or_none(Cause, kind=Kind),
            evidence=_each(Evidence, read_at=_instant),
        ),
    )


def _read(cls: type[T], raw: Mapping[str, Any], **convert: Callable[[Any], Any]) -> T:
    known = {f.name for f in fields(cls)}
    return cls(**{name: convert.get(name, _as_is)(item) for name, item in raw.items() if name in known})


def _each(cls: type[T], **convert: Callable[[Any], Any]) -> Callable[[Any], tuple[T, ...]]:
    return lambda items: tuple(_read(cls, item, **convert) for item in items)


def _one(cls: type[T]) -> Callable[[Any], T]:
    return lambda item: _read(cls, item)


def _one_or_none(cls: type[T], **convert: Callable[[Any], Any]) -> Callable[[Any], T | None]:
    return lambda item: None if item is None else _read(cls, item, **convert)


def _as_is(item: Any) -> Any:
    return item


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"the instant {text!r} has no zone")
    return instant.astimezone(UTC)


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)
