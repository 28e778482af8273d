"""The API's forms of assets, diagnostics and the ID LED: what is accepted, and what the description promises."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import missing

from app.hardware.diagnostics import FORMAT, Kind
from app.hardware.operations.assets import FACES
from app.hardware.operations.led import LONGEST_S
from app.hardware.readings import SourceStatus, State
from app.hardware.target import ROLES


class TrueOrFalse(Boolean):
    """JSON's true or false and nothing that resembles them."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse what marshmallow would take for one of them, such as "yes" or 1."""
        if value is not missing and not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super().deserialize(value, *args, **kwargs)


class PageIn(Schema):
    """A page of a list: `cursor` is the `next` of the page before."""

    limit = Integer(load_default=50, validate=Range(1, 200))


class AssetsIn(PageIn):
    """Which assets."""

    site = String(validate=Length(1, 16))
    search = String(validate=Length(1, 64), metadata={"description": "in tag, serial, name or rack"})
    cursor = String(validate=Length(1, 64))


class HistoryIn(PageIn):
    """A page of an asset's diagnostics."""

    cursor = UUID()


class WaitIn(Schema):
    """How long to wait for the result; without it the answer is 202 at once."""

    wait = Integer(validate=Range(1, 60), metadata={"description": "seconds"})


class IdLedIn(Schema):
    """On for so many seconds, or off."""

    on = TrueOrFalse(required=True)
    seconds = Integer(strict=True, load_default=300, validate=Range(1, LONGEST_S))


class DiagnosisIn(Schema):
    """What a system administrator says is wrong: at most three lines."""

    text = String(required=True, validate=Length(min=1, max=1000))


class DiagnosisOut(Schema):
    """A signed diagnosis; `hash` is that of its event in the asset's record."""

    text = String(required=True)
    by = String(required=True)
    at = DateTime(required=True)
    diagnostics = UUID(required=True)
    hash = String(required=True)


class PowerOut(Schema):
    """Which outlet feeds which power supply."""

    psu = String(required=True)
    pdu = String(required=True)
    outlet = String(required=True)


class NetworkOut(Schema):
    """Where a port is plugged in."""

    port = String(required=True)
    switch = String(required=True)
    switch_port = String(required=True)


class AssetOut(Schema):
    """The contract's form of an asset."""

    tag = String(required=True)
    role = String(required=True, validate=OneOf(ROLES))
    name = String(required=True)
    serial = String(required=True, allow_none=True)
    site = String(required=True)
    rack = String(required=True, allow_none=True)
    u = Integer(required=True, allow_none=True)
    face = String(required=True, validate=OneOf(FACES))
    sources = List(String(), required=True)
    power = List(Nested(PowerOut), required=True)
    network = List(Nested(NetworkOut), required=True)
    room = String(allow_none=True)
    height = Integer()
    model = String(allow_none=True)


class AssetsOut(Schema):
    """A page of assets."""

    items = List(Nested(AssetOut), required=True)
    next = String(required=True, allow_none=True)


class SourceOut(Schema):
    """How one source answered."""

    name = String(required=True)
    address = String(required=True)
    status = String(required=True, validate=OneOf(list(SourceStatus)))
    detail = String(required=True, allow_none=True)
    advice = String(required=True, allow_none=True)
    duration_ms = Integer(required=True)
    requests = Integer(required=True)


class RunOut(Schema):
    """Diagnostics that are not there yet: the sources that have answered so far; `notice` when nobody seems to work."""

    id = UUID(required=True)
    device = String(required=True)
    state = String(required=True, validate=OneOf(["queued", "running", "done"]))
    requested_at = DateTime(required=True)
    parts = List(Dict(), required=True)
    notice = String(required=True, allow_none=True)


class TakenOut(Schema):
    """One asking of an asset, without its document."""

    id = UUID(required=True)
    state = String(required=True, validate=OneOf(["queued", "running", "done"]))
    reason = String(required=True)
    requested_by = String(required=True)
    requested_at = DateTime(required=True)
    taken_at = DateTime(required=True, allow_none=True)
    worst = String(required=True, allow_none=True, validate=OneOf(list(State)))
    frozen = Boolean(required=True)


class HistoryOut(Schema):
    """A page of an asset's diagnostics, newest first."""

    items = List(Nested(TakenOut), required=True)
    next = String(required=True, allow_none=True)


class DeviceEventsIn(PageIn):
    """A page of what an asset told by itself."""

    cursor = Integer(strict=False, validate=Range(1, 2**63 - 1))


class DeviceEventOut(Schema):
    """One SNMP trap or inform, in plain words; `others` are values that no table has a name for."""

    id = Integer(required=True)
    at = DateTime(required=True)
    state = String(required=True, validate=OneOf(list(State)))
    words = String(required=True)
    details = List(String(), required=True)
    others = List(Dict(), required=True)
    object = String(required=True)
    oid = String(required=True)
    source = String(required=True)
    diagnostics = UUID(required=True, allow_none=True)


class DeviceEventsOut(Schema):
    """A page of what an asset told by itself, newest first; `dropped` says how much was not kept, by reason."""

    items = List(Nested(DeviceEventOut), required=True)
    next = Integer(required=True, allow_none=True)
    dropped = Dict(keys=String(), values=Integer(), required=True)


class ComponentOut(Schema):
    """One part and its state."""

    kind = String(required=True, validate=OneOf(list(Kind)))
    name = String(required=True)
    number = String(required=True, allow_none=True)
    state = String(required=True, validate=OneOf(list(State)))
    reason = String(required=True, allow_none=True)
    serial = String(required=True, allow_none=True)
    source = String(required=True)
    value = String()
    device = String()


class ReadingOut(Schema):
    """One measured value; null when it could not be read, with the reason."""

    kind = String(required=True)
    name = String(required=True)
    value = Float(required=True, allow_none=True)
    unit = String(required=True, allow_none=True)
    state = String(required=True, validate=OneOf(list(State)))
    source = String(required=True)
    read_at = DateTime(required=True)
    reason = String()
    component = String()
    device = String()
    lower = Float()
    upper = Float()


class FindingOut(Schema):
    """What a person must know, worst first, one per cause."""

    state = String(required=True, validate=OneOf(list(State)))
    kind = String(required=True, validate=OneOf(list(Kind)))
    component = String(required=True)
    number = String(required=True, allow_none=True)
    title = String(required=True)
    cause = Dict(required=True, allow_none=True)
    advice = String(required=True)
    job_kind = String(required=True, allow_none=True)
    evidence = List(Dict(), required=True)
    device = String()


class DiagnosticsOut(Schema):
    """What one device, and what feeds it, said at one moment."""

    format = String(required=True, validate=OneOf([FORMAT]))
    id = UUID(required=True)
    device = String(required=True)
    taken_at = DateTime(required=True)
    duration_ms = Integer(required=True)
    complete = Boolean(required=True)
    sources = List(Nested(SourceOut), required=True)
    identity = Dict(required=True)
    power = Dict(required=True)
    components = List(Nested(ComponentOut), required=True)
    readings = List(Nested(ReadingOut), required=True)
    events = List(Dict(), required=True)
    findings = List(Nested(FindingOut), required=True)


class IdLedOut(Schema):
    """How it went: queued, done, or failed with detail and advice."""

    id = UUID(required=True)
    asset = String(required=True)
    on = Boolean(required=True)
    seconds = Integer(required=True)
    state = String(required=True, validate=OneOf(["queued", "done", "failed"]))
    detail = String(required=True, allow_none=True)
    advice = String(required=True, allow_none=True)
    requested_at = DateTime(required=True)
    finished_at = DateTime(required=True, allow_none=True)
