"""What is asked about assets and their diagnostics: what is not visible to a person is not found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, defer

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.sites.models import Rack, Site

LIMIT = 200

T = TypeVar("T")


def asset_by_tag(session: Session, tag: str) -> Asset:
    """One asset, whoever asks: for workers and commands. Raises NotFound."""
    return _found(session.scalars(select(Asset).where(Asset.tag == tag)).one_or_none(), f"asset {tag}")


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
) -> tuple[Sequence[Asset], str | None]:
    """A page of the assets this person may see, by tag, and the tag to continue after (None: that was all).

    `words` finds them anywhere in tag, serial, name or rack. Cost: one query, and one each for endpoints and cables.
    """
    limit = min(limit, LIMIT)
    wanted = select(Asset).where(visible(principal, Permission.ASSETS_READ, Asset.site_id))
    if site:
        wanted = wanted.where(Asset.site_id.in_(select(Site.id).where(Site.code == site)))
    if words:
        wanted = wanted.where(_mentions(words))
    if after:
        wanted = wanted.where(Asset.tag > after)
    rows = session.scalars(wanted.order_by(Asset.tag).limit(limit + 1)).all()
    page = rows[:limit]
    return page, page[-1].tag if len(rows) > limit else None


def _mentions(words: str) -> ColumnElement[bool]:
    in_rack = select(Rack.id).where(Rack.name.icontains(words, autoescape=True))
    columns = (Asset.tag, Asset.serial, Asset.name)
    return or_(*(column.icontains(words, autoescape=True) for column in columns), Asset.rack_id.in_(in_rack))


def site_for(session: Session, principal: Principal, code: str, permission: Permission) -> Site:
    """One site where this person holds `permission`. Raises NotFound."""
    seen = visible(principal, permission, Site.id)
    return _found(session.scalars(select(Site).where(Site.code == code, seen)).one_or_none(), f"site {code}")


def sites_for(session: Session, principal: Principal, permission: Permission) -> Sequence[Site]:
    """The sites where this person holds `permission`, by code."""
    return session.scalars(select(Site).where(visible(principal, permission, Site.id)).order_by(Site.code)).all()


def diagnostics_for(session: Session, principal: Principal, diagnostics_id: UUID) -> Diagnostics:
    """One asking of an asset that this person may see. Raises NotFound."""
    wanted = (
        select(Diagnostics)
        .join(Asset, Asset.id == Diagnostics.asset_id)
        .where(Diagnostics.id == diagnostics_id, visible(principal, Permission.DIAGNOSTICS_READ, Asset.site_id))
        .execution_options(populate_existing=True)
    )
    return _found(session.scalars(wanted).one_or_none(), "such diagnostics")


def latest(session: Session, asset: Asset) -> Diagnostics | None:
    """The newest diagnostics that are done; None when there are none yet."""
    done = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state == "done")
    return session.scalars(done.order_by(Diagnostics.requested_at.desc()).limit(1)).first()


def history(session: Session, asset: Asset, *, limit: int = 50) -> Sequence[Diagnostics]:
    """The askings of one asset, newest first, without their documents."""
    wanted = select(Diagnostics).where(Diagnostics.asset_id == asset.id)
    newest = wanted.order_by(Diagnostics.requested_at.desc()).limit(min(limit, LIMIT))
    return session.scalars(newest.options(defer(Diagnostics.document, raiseload=True))).all()


def action_for(session: Session, principal: Principal, action_id: UUID) -> DeviceAction:
    """One request to a device that this person may see. Raises NotFound."""
    wanted = (
        select(DeviceAction)
        .join(Asset, Asset.id == DeviceAction.asset_id)
        .where(DeviceAction.id == action_id, visible(principal, Permission.ASSETS_READ, Asset.site_id))
        .execution_options(populate_existing=True)
    )
    return _found(session.scalars(wanted).one_or_none(), "such request")


def last_action(session: Session, asset: Asset, action: str) -> DeviceAction | None:
    """The newest request of this kind to the device, None when there was none."""
    asked = select(DeviceAction).where(DeviceAction.asset_id == asset.id, DeviceAction.action == action)
    return session.scalars(asked.order_by(DeviceAction.requested_at.desc()).limit(1)).first()


def asset_form(asset: Asset) -> dict[str, Any]:
    """The contract's form of an asset."""
    return {
        "tag": asset.tag,
        "role": asset.role,
        "name": asset.name,
        "serial": asset.serial,
        "site": asset.site.code,
        "rack": asset.rack.name if asset.rack else None,
        "u": asset.u,
        "face": asset.face,
        "sources": sorted(endpoint.protocol for endpoint in asset.endpoints),
        "power": [{"psu": cord.psu, "pdu": cord.pdu.tag, "outlet": cord.outlet} for cord in asset.power],
        "network": [
            {"port": cable.port, "switch": cable.switch.tag, "switch_port": cable.switch_port}
            for cable in asset.network
        ],
        "room": asset.rack.room if asset.rack else None,
        "height": asset.height,
        "model": asset.model,
    }


def _found(row: T | None, what: str) -> T:
    if row is None:
        raise NotFound("not_found", f"There is no {what}, or it is not yours to see.")
    return row
