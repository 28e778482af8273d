"""Entering many assets at once, from rows: every row is good, or nothing is entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import AppError, FieldError, Invalid
from app.hardware.models import Asset
from app.hardware.operations import cabling
from app.hardware.operations.assets import Entry, Position, add_asset, change_asset, place_asset, wrong
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.queries import asset_by_tag
from app.hardware.sheet import Lead, Row
from app.sites.models import Site
from app.sites.queries import site_coded


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad cell: its row (the heading is row 1), its column, and what is wrong with it."""

    row: int
    column: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What an import did, or would do."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, row: int, error: AppError, column: str) -> None:
        """Keep what was refused about a row; `column` where the refusal names none."""
        named = error.errors or [FieldError(column, error.code, error.detail)]
        self.problems += [Problem(row, one.field or column, one.detail) for one in named]


def import_assets(session: Session, rows: Sequence[Row], tally: Tally, *, by: str, now: datetime) -> None:
    """Enter or correct the assets of all rows: first what they are, then how they are reached, then their cables.

    Only what a row says is changed; a filled power or network cell says all cords or cables of its asset. What is
    refused stands in the tally: whoever called must then undo everything. About twenty queries a row.
    """
    signed: dict[str, Any] = {"by": by, "now": now}
    entered: list[tuple[Row, Asset, bool]] = []
    changed: set[int] = set()
    for row in rows:
        with _noting(session, tally, row, "tag"):
            asset, is_new, is_changed = _enter(session, row, signed)
            entered.append((row, asset, is_new))
            if is_changed:
                changed.add(row.number)
    for act in (_reach, _unplug, _plug):
        for row, asset, _ in entered:
            with _noting(session, tally, row, "power"):
                if act(session, row, asset, signed):
                    changed.add(row.number)
    tally.added = sum(is_new for _, _, is_new in entered)
    tally.changed = sum(not is_new and row.number in changed for row, _, is_new in entered)
    tally.unchanged = len(entered) - tally.added - tally.changed


@contextmanager
def _noting(session: Session, tally: Tally, row: Row, column: str) -> Iterator[None]:
    try:
        with session.begin_nested():
            yield
    except AppError as refused:
        tally.note(row.number, refused, column)


def _enter(session: Session, row: Row, signed: dict[str, Any]) -> tuple[Asset, bool, bool]:
    cells = row.cells
    site = _site(session, cells["site"])
    asset = session.scalars(select(Asset).where(Asset.tag == cells["tag"])).one_or_none()
    is_new = asset is None
    if asset is None:
        known = Entry(cells["tag"])
        asset = add_asset(session, site, _entry(row, known), **signed)
        is_changed = True
    else:
        if asset.site_id != site.id:
            raise wrong("site", f"{asset.tag} stands in {asset.site.code}.")
        known = Entry(asset.tag, asset.role, asset.name, asset.serial, asset.model, asset.customer)
        is_changed = change_asset(session, asset, _entry(row, known), **signed)
    if "rack" in cells:
        position = Position(cells["rack"], cells.get("room", ""), row.u, row.height, cells.get("face", "front"))
        is_changed |= place_asset(session, asset, position, **signed)
    elif row.u is not None:
        raise wrong("rack", "A unit without a rack.")
    return asset, is_new, is_changed


def _site(session: Session, code: str) -> Site:
    try:
        return site_coded(session, code)
    except AppError as unknown:
        raise wrong("site", unknown.detail) from unknown


def _entry(row: Row, known: Entry) -> Entry:
    cells = row.cells
    return Entry(
        tag=known.tag,
        role=cells.get("role", known.role),
        name=cells.get("name", known.name),
        serial=cells.get("serial", known.serial),
        model=cells.get("model", known.model),
        customer=cells.get("customer", known.customer),
    )


def _reach(session: Session, row: Row, asset: Asset, signed: dict[str, Any]) -> bool:
    for protocol, given in row.endpoints.items():
        try:
            set_endpoint(session, asset, protocol, given, **signed)
        except Invalid as refused:
            named = [FieldError(f"{protocol}_{one.field}", one.code, one.detail) for one in refused.errors]
            raise Invalid(refused.code, refused.detail, named) from refused
    return bool(row.endpoints)


def _unplug(session: Session, row: Row, asset: Asset, signed: dict[str, Any]) -> bool:
    """Take off what leads elsewhere now, so that outlets are free for whoever has them now."""
    told = {lead.own: (lead.device, lead.far) for lead in row.power}
    cords = [cord.psu for cord in asset.power if row.power and told.get(cord.psu) != (cord.pdu.tag, cord.outlet)]
    for psu in cords:
        cabling.remove_power_cord(session, asset, psu=psu, **signed)
    told = {lead.own: (lead.device, lead.far) for lead in row.network}
    cables = [
        cable.port
        for cable in asset.network
        if row.network and told.get(cable.port) != (cable.switch.tag, cable.switch_port)
    ]
    for port in cables:
        cabling.remove_network_cable(session, asset, port=port, **signed)
    return bool(cords or cables)


def _plug(session: Session, row: Row, asset: Asset, signed: dict[str, Any]) -> bool:
    def cord(lead: Lead) -> bool:
        far: dict[str, Any] = {"pdu": asset_by_tag(session, lead.device), "outlet": lead.far}
        return cabling.set_power_cord(session, asset, psu=lead.own, **far, **signed)

    def cable(lead: Lead) -> bool:
        if any(one.port == lead.own for one in asset.network):
            return False  # what led elsewhere is unplugged by now; a MAC address that is known stays
        far: dict[str, Any] = {"switch": asset_by_tag(session, lead.device), "switch_port": lead.far}
        return cabling.set_network_cable(session, asset, port=lead.own, **far, **signed)

    return any([*_each("power", row.power, cord), *_each("network", row.network, cable)])


def _each(column: str, leads: Iterable[Lead], plug: Callable[[Lead], bool]) -> list[bool]:
    """Refusals name the column that the lead stands in."""
    try:
        return [plug(lead) for lead in leads]
    except AppError as refused:
        raise wrong(column, refused.detail) from refused
