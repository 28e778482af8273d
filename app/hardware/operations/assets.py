"""Entering machines and saying where they stand. Every change is an event on the stream `asset:<TAG>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import record
from app.hardware.models import Asset
from app.hardware.placing import Place, fits, in_the_way
from app.hardware.target import ROLES
from app.sites.models import Rack, Site

FACES = ("front", "rear")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a machine apart from its place; `name` empty means the tag."""

    tag: str
    role: str = "server"
    name: str = ""
    serial: str | None = None
    model: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a site: the rack, its lowest unit (None: in the rack without units, such as an upright PDU)."""

    rack: str
    room: str = ""
    u: int | None = None
    height: int = 1
    face: str = "front"


def add_asset(session: Session, site: Site, entry: Entry, *, by: str, now: datetime) -> Asset:
    """Enter a machine at a site. Raises Invalid naming the field, Conflict when the tag is taken."""
    check_entry(entry)
    if session.scalar(select(Asset.id).where(Asset.tag == entry.tag)) is not None:
        detail = f"There is an asset {entry.tag} already."
        raise Conflict("tag_taken", detail, [FieldError("tag", "tag_taken", detail)])
    asset = Asset(tag=entry.tag, site=site, **_values(entry))
    session.add(asset)
    session.flush()
    record(session, stream(asset), now=now, by=by, verb="entry", detail={"site": site.code, **_values(entry)})
    return asset


def change_asset(session: Session, asset: Asset, entry: Entry, *, by: str, now: datetime) -> bool:
    """Correct role, name, serial, model or customer; False when nothing differs. The tag stays. Raises Invalid."""
    check_entry(entry)
    return _change(session, asset, _values(entry), by=by, now=now, verb="change")


def correct_serial(session: Session, asset: Asset, serial: str, *, by: str, why: str, now: datetime) -> bool:
    """Put the serial right that somebody read off the machine; False when it was right."""
    return _change(session, asset, {"serial": serial.strip() or None}, by=by, now=now, verb="serial", why=why)


def place_asset(session: Session, asset: Asset, position: Position, *, by: str, now: datetime) -> bool:
    """Put the asset into a rack; the rack is entered when the site has none of that name. False when it stood there.

    Raises Invalid when the units are not in the rack, Conflict naming who fills them on that face.
    """
    if position.face not in FACES:
        raise wrong("face", "The face is front or rear.")
    rack = _rack(session, asset.site, position)
    if position.u is not None:
        _refuse_clash(session, rack, Place(asset.tag, position.u, position.height, position.face))
    values = {"rack_id": rack.id, "u": position.u, "height": position.height, "face": position.face}
    changed = _change(session, asset, values, by=by, now=now, verb="place", told={"rack": rack.name})
    session.refresh(asset, ["rack"])
    return changed


def held(session: Session, asset: Asset) -> None:
    """Hold the asset's row, as it is now, until the transaction ends: changes, and the record, come one by one."""
    session.refresh(asset, with_for_update={"of": Asset, "key_share": True})


def stream(asset: Asset) -> str:
    """The name of the asset's record."""
    return f"asset:{asset.tag}"


def part_replaced(
    session: Session, asset: Asset, *, kind: str, where: str | None, removed: str | None, installed: str | None,
    order: str, by: str, now: datetime,
) -> None:  # fmt: skip
    """Write the serials that a job took out and put in into the asset's record."""
    held(session, asset)
    detail = {"kind": kind, "where": where, "removed": removed, "installed": installed, "order": order}
    record(session, stream(asset), now=now, by=by, verb="part", detail=detail)


def wrong(field: str, detail: str) -> Invalid:
    """The refusal of one field."""
    return Invalid("invalid", detail, [FieldError(field, "invalid", detail)])


def check_entry(entry: Entry) -> None:
    """Raise Invalid naming the first wrong field."""
    if not TAG.fullmatch(entry.tag):
        raise wrong("tag", "A tag is 1 to 64 letters, digits, dots, dashes and underscores.")
    if entry.role not in ROLES:
        raise wrong("role", f"The role is one of {', '.join(ROLES)}.")


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "role": entry.role,
        "name": entry.name or entry.tag,
        "serial": entry.serial or None,
        "model": entry.model or None,
        "customer": entry.customer or None,
    }


def _change(
    session: Session,
    asset: Asset,
    values: dict[str, Any],
    *,
    by: str,
    now: datetime,
    verb: str,
    why: str | None = None,
    told: dict[str, Any] | None = None,
) -> bool:
    """Set what differs and write it down with what was there before. `told` adds words for people."""
    held(session, asset)
    before = {name: getattr(asset, name) for name, value in values.items() if getattr(asset, name) != value}
    if not before:
        return False
    for name in before:
        setattr(asset, name, values[name])
    detail = {"before": before, "after": {name: values[name] for name in before}, **(told or {})}
    record(session, stream(asset), now=now, by=by, verb=verb, why=why, detail=detail)
    return True


def _rack(session: Session, site: Site, position: Position) -> Rack:
    """The rack, held so that two who fill it do so one after the other."""
    if not position.rack:
        raise wrong("rack", "Which rack?")
    wanted = select(Rack).where(Rack.site_id == site.id, Rack.name == position.rack)
    rack = session.scalars(wanted.with_for_update(of=Rack, key_share=True)).one_or_none()
    if rack is None:
        rack = Rack(site=site, room=position.room, name=position.rack)
        session.add(rack)
        session.flush()
    elif position.room and rack.room != position.room:
        raise wrong("room", f"Rack {rack.name} stands in room {rack.room or 'without a name'}.")
    return rack


def _refuse_clash(session: Session, rack: Rack, place: Place) -> None:
    if not fits(place, rack.units):
        raise wrong("u", f"Rack {rack.name} has units 1 to {rack.units}; this would fill {_units(place)}.")
    there = select(Asset.tag, Asset.u, Asset.height, Asset.face)
    rows = session.execute(there.where(Asset.rack_id == rack.id, Asset.u.is_not(None), Asset.tag != place.tag))
    other = in_the_way(place, (Place(tag, u, height, face) for tag, u, height, face in rows if u is not None))
    if other is not None:
        detail = f"{other.tag} fills {_units(other)} of {rack.name} at the {other.face}."
        raise Conflict("place_taken", detail, [FieldError("u", "place_taken", detail)])


def _units(place: Place) -> str:
    return f"U{place.u}" if place.height == 1 else f"U{place.u} to U{place.top}"
