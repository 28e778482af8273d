"""What is asked about assets and their diagnostics: what is not visible to a person is not found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, defer, joinedload, lazyload, selectinload

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.events import Event
from app.core.permissions import Permission
from app.hardware.models import (
    Asset,
    AssetSweep,
    DeviceAction,
    DeviceEvent,
    Diagnostics,
    NetworkCable,
    PowerCord,
    TrapDrop,
)
from app.sites.models import Rack, Site

LIMIT = 200
ID_LED = "id_led"
INDEXED_LETTERS = 3  # shorter words have no trigram to be found by
MOST_RACKS = 500

T = TypeVar("T")

LISTED = (joinedload(Asset.site).lazyload(Site.closed_days),)
"""For lists of assets: no more of the site than its name."""
FAR_END = (joinedload(Asset.site).lazyload(Site.closed_days), lazyload(Asset.rack))
WHOLE = (
    *LISTED,
    selectinload(Asset.endpoints),
    selectinload(Asset.power).joinedload(PowerCord.pdu).options(*FAR_END),
    selectinload(Asset.network).joinedload(NetworkCable.switch).options(*FAR_END),
)
"""With how they are reached and what they hang on, in three more queries however many assets."""


def asset_by_tag(session: Session, tag: str) -> Asset:
    """One asset, whoever asks: for workers and commands. Raises NotFound."""
    return _found(session.scalars(select(Asset).where(Asset.tag == tag)).one_or_none(), f"asset {tag}")


def tags_beside(session: Session, asset_id: int) -> list[str]:
    """The tags of what feeds and connects a machine: its PDUs and switches (one query)."""
    feeding = select(PowerCord.pdu_id).where(PowerCord.asset_id == asset_id)
    connecting = select(NetworkCable.switch_id).where(NetworkCable.asset_id == asset_id)
    return list(session.scalars(select(Asset.tag).where(Asset.id.in_(union(feeding, connecting))).order_by(Asset.id)))


def asset_for(session: Session, principal: Principal, tag: str, permission: Permission) -> Asset:
    """One asset where this person holds `permission`. Raises NotFound."""
    seen = visible(principal, permission, Asset.site_id)
    return _found(session.scalars(select(Asset).where(Asset.tag == tag, seen)).one_or_none(), f"asset {tag}")


def assets_for(
    session: Session,
    principal: Principal,
    *,
    site: str | None = None,
    words: str | None = None,
    after: str | None = None,
    limit: int = 50,
    whole: bool = False,
) -> tuple[Sequence[Asset], str | None]:
    """A page of the assets this person may see, by tag, and the tag to continue after (None: that was all).

    `words` finds them anywhere in tag, serial, name or rack; fewer than three letters only at the beginning of one.
    Cost: one query, one for the racks with such a name; `whole` takes one more each for endpoints and cables.
    """
    limit = min(limit, LIMIT)
    wanted = select(Asset).where(visible(principal, Permission.ASSETS_READ, Asset.site_id))
    if site:
        wanted = wanted.where(Asset.site_id == select(Site.id).where(Site.code == site).scalar_subquery())
    if words:
        wanted = wanted.where(_mentions(session, words))
    if after:
        wanted = wanted.where(Asset.tag > after)
    rows = session.scalars(wanted.order_by(Asset.tag).limit(limit + 1).options(*(WHOLE if whole else LISTED))).all()
    page = rows[:limit]
    return page, page[-1].tag if len(rows) > limit else None


def _mentions(session: Session, words: str) -> ColumnElement[bool]:
    """Racks are asked for first: then both ways to find an asset have an index, and the planner may join them."""
    begins = len(words) < INDEXED_LETTERS
    by_name = Rack.name.istartswith if begins else Rack.name.icontains
    racks = session.scalars(select(Rack.id).where(by_name(words, autoescape=True)).limit(MOST_RACKS)).all()
    line = f"\n{words.lower()}" if begins else words.lower()
    in_words = Asset.words.contains(line, autoescape=True)
    return or_(in_words, Asset.rack_id.in_(racks)) if racks else in_words


def in_same_rack(session: Session, asset: Asset) -> Sequence[Asset]:
    """Everything in the rack of this asset, itself too, from the top down; only itself where it has no rack."""
    if asset.rack_id is None:
        return [asset]
    inside = select(Asset).where(Asset.rack_id == asset.rack_id).order_by(Asset.u.desc().nulls_last(), Asset.tag)
    return session.scalars(inside.limit(LIMIT).options(*LISTED)).all()


def site_for(session: Session, principal: Principal, code: str, permission: Permission) -> Site:
    """One site where this person holds `permission`. Raises NotFound."""
    seen = visible(principal, permission, Site.id)
    return _found(session.scalars(select(Site).where(Site.code == code, seen)).one_or_none(), f"site {code}")


def diagnostics_for(
    session: Session,
    principal: Principal,
    diagnostics_id: UUID,
    permission: Permission = Permission.DIAGNOSTICS_READ,
) -> Diagnostics:
    """One asking of an asset where this person holds `permission`, read afresh. Raises NotFound."""
    wanted = (
        select(Diagnostics)
        .join(Asset, Asset.id == Diagnostics.asset_id)
        .where(Diagnostics.id == diagnostics_id, visible(principal, permission, Asset.site_id))
        .execution_options(populate_existing=True)
    )
    return _found(session.scalars(wanted).one_or_none(), "such diagnostics")


def latest(session: Session, asset: Asset) -> Diagnostics | None:
    """The newest diagnostics that are done; None when there are none yet."""
    done = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state == "done")
    return session.scalars(done.order_by(Diagnostics.requested_at.desc()).limit(1)).first()


def open_run(session: Session, asset: Asset) -> Diagnostics | None:
    """The newest asking that is not done yet."""
    still = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state != "done")
    return session.scalars(still.order_by(Diagnostics.requested_at.desc()).limit(1)).first()


def under_way(session: Session, diagnostics_id: UUID) -> Diagnostics:
    """An asking with all that says who will be asked: its machine, what feeds it and how each is reached."""
    far = selectinload(Asset.endpoints)
    reached = (
        far,
        selectinload(Asset.power).joinedload(PowerCord.pdu).options(*FAR_END, far),
        selectinload(Asset.network).joinedload(NetworkCable.switch).options(*FAR_END, far),
    )
    wanted = select(Diagnostics).where(Diagnostics.id == diagnostics_id)
    return session.scalars(wanted.options(joinedload(Diagnostics.asset).options(*reached))).one()


def worst_of(session: Session, assets: Sequence[Asset]) -> dict[int, str | None]:
    """The worst state that each asset's newest diagnostics found, or a later sweep, by asset id (two queries)."""
    wanted = [asset.id for asset in assets]
    newest = (
        select(Diagnostics.asset_id, Diagnostics.worst, Diagnostics.requested_at)
        .where(Diagnostics.asset_id.in_(wanted), Diagnostics.state == "done")
        .ext(distinct_on(Diagnostics.asset_id))
        .order_by(Diagnostics.asset_id, Diagnostics.requested_at.desc())
    )
    asked = {row.asset_id: row for row in session.execute(newest)}
    found: dict[int, str | None] = {asset_id: row.worst for asset_id, row in asked.items()}
    swept = select(AssetSweep.asset_id, AssetSweep.worst, AssetSweep.swept_at).where(AssetSweep.asset_id.in_(wanted))
    for row in session.execute(swept):
        if row.asset_id not in asked or asked[row.asset_id].requested_at < row.swept_at:
            found[row.asset_id] = row.worst
    return found


def last_changes(session: Session, asset: Asset, *, limit: int = 12) -> Sequence[Event]:
    """The newest events of the asset's record, newest first."""
    record = select(Event).where(Event.stream == f"asset:{asset.tag}")
    return session.scalars(record.order_by(Event.seq.desc()).limit(limit)).all()


def device_events(
    session: Session, asset: Asset, *, after: int | None = None, limit: int = 50
) -> tuple[Sequence[DeviceEvent], int | None]:
    """A page of what the asset told by itself, newest first; and where to continue."""
    limit = min(limit, LIMIT)
    wanted = select(DeviceEvent).where(DeviceEvent.asset_id == asset.id)
    if after is not None:
        wanted = wanted.where(DeviceEvent.id < after)
    rows = session.scalars(wanted.order_by(DeviceEvent.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    return page, page[-1].id if len(rows) > limit else None


def dropped_traps(session: Session, asset: Asset) -> dict[str, int]:
    """How many notifications of the asset were counted and not kept, by reason."""
    dropped = select(TrapDrop.reason, TrapDrop.number).where(TrapDrop.asset_id == asset.id).order_by(TrapDrop.reason)
    return {row.reason: row.number for row in session.execute(dropped)}


def history(
    session: Session, asset: Asset, *, after: UUID | None = None, limit: int = 50
) -> tuple[Sequence[Diagnostics], UUID | None]:
    """A page of the askings of one asset, newest first, without their documents; and where to continue."""
    limit = min(limit, LIMIT)
    order = tuple_(Diagnostics.requested_at, Diagnostics.id)
    wanted = select(Diagnostics).where(Diagnostics.asset_id == asset.id)
    if after:
        edge = select(Diagnostics.requested_at, Diagnostics.id).where(Diagnostics.id == after)
        wanted = wanted.where(order < edge.scalar_subquery())
    newest = wanted.order_by(Diagnostics.requested_at.desc(), Diagnostics.id.desc()).limit(limit + 1)
    rows = session.scalars(newest.options(defer(Diagnostics.document, raiseload=True))).all()
    page = rows[:limit]
    return page, page[-1].id if len(rows) > limit else None


def newest_action(session: Session, asset_id: int, action: str) -> DeviceAction | None:
    """The newest request of this kind to the device, None when there was none."""
    asked = select(DeviceAction).where(DeviceAction.asset_id == asset_id, DeviceAction.action == action)
    return session.scalars(asked.order_by(DeviceAction.requested_at.desc()).limit(1)).first()


def last_id_led(session: Session, asset: Asset) -> DeviceAction:
    """What was last asked of the ID LED. Raises NotFound when nobody ever asked."""
    return _found(newest_action(session, asset.id, ID_LED), f"ID LED request for {asset.tag}")


def _found(row: T | None, what: str) -> T:
    if row is None:
        raise NotFound("not_found", f"There is no {what}, or it is not yours to see.")
    return row
