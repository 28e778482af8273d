"""What comes of notifications that devices send by themselves: events on their asset, and diagnostics asked for.

For use inside the site's worker: only it can open the credentials that a sender must prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, joinedload, lazyload, selectinload

from app.core.database import notify
from app.core.errors import Invalid, Unavailable
from app.hardware.models import Asset, DeviceEvent, Diagnostics, TrapDrop
from app.hardware.operations.diagnose import SYSTEM, request_diagnostics
from app.hardware.operations.reach import agent_of
from app.hardware.readings import SnmpTarget
from app.hardware.trap_guard import Clock, Drop
from app.hardware.trap_intake import REMEMBERED_S, Arrival, Sender
from app.hardware.vendors._traps import told
from app.sites.models import Site

KEPT_EVENTS: Final = 200  # of one asset
REASON: Final = "trap"
NOT_BEFORE: Final = timedelta(seconds=60)
MOST_AN_HOUR: Final = 12  # a device that answers our question with another trap is not asked for ever

Counts = Mapping[tuple[int | None, int | None, Drop], int]
"""How many were dropped, by site, asset and reason."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who may send: (address or name, sender) of every endpoint; and the sites they are of."""

    senders: tuple[tuple[str, Sender], ...] = field(repr=False)
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was kept before our restart: digests of the last minutes, and how far each engine's clock had come."""

    digests: tuple[tuple[int, str], ...]
    clocks: tuple[tuple[int, bytes, Clock], ...]


def known_senders(session: Session, sites: Sequence[str] | None, keys: Path) -> Known:
    """The assets of these sites (None: all) that have an address, credentials opened. Four queries, no network."""
    wanted = select(Asset).options(lazyload("*"), selectinload(Asset.endpoints), joinedload(Asset.site))
    of = select(Site.id).order_by(Site.id)
    if sites is not None:
        of = of.where(Site.code.in_(sites))
        wanted = wanted.where(Asset.site_id.in_(of))
    senders = []
    for asset in session.scalars(wanted.where(Asset.endpoints.any())):
        sender = Sender(asset.id, asset.site_id, asset.tag, _agent(asset, keys))
        senders += [(address, sender) for address in {_host(one.settings["address"]) for one in asset.endpoints}]
    return Known(tuple(senders), tuple(session.scalars(of)))


def heard_before(session: Session, *, now: datetime) -> Heard:
    """What a receiver that starts anew must not take for new (two queries)."""
    recent = select(DeviceEvent.asset_id, DeviceEvent.digest).where(
        DeviceEvent.at > now - timedelta(seconds=REMEMBERED_S)
    )
    order = (DeviceEvent.asset_id, DeviceEvent.engine_id)
    clocks = (
        select(*order, DeviceEvent.boots, DeviceEvent.engine_time, DeviceEvent.at)
        .where(DeviceEvent.engine_id.is_not(None))
        .ext(distinct_on(*order))
        .order_by(*order, DeviceEvent.boots.desc(), DeviceEvent.engine_time.desc())
    )
    return Heard(
        tuple((asset_id, digest) for asset_id, digest in session.execute(recent)),
        tuple(
            (asset_id, bytes.fromhex(engine), Clock(boots, engine_time, at.timestamp()))
            for asset_id, engine, boots, engine_time, at in session.execute(clocks)
            if engine is not None and boots is not None and engine_time is not None
        ),
    )


def file_events(session: Session, arrivals: Iterable[Arrival]) -> None:
    """Keep notifications as events of their assets, the newest 200 of each. Two statements an asset."""
    touched = {}
    for arrival in arrivals:
        session.add(_event(arrival))
        touched[arrival.sender.asset_id] = arrival.sender.tag
    session.flush()
    for asset_id, tag in touched.items():
        newest = select(DeviceEvent.id).where(DeviceEvent.asset_id == asset_id).order_by(DeviceEvent.id.desc())
        oldest_kept = newest.offset(KEPT_EVENTS - 1).limit(1).scalar_subquery()
        session.execute(delete(DeviceEvent).where(DeviceEvent.asset_id == asset_id, DeviceEvent.id < oldest_kept))
        notify(session, f"asset:{tag}")


def count_drops(session: Session, counts: Counts, *, now: datetime) -> None:
    """Add to what was dropped so far. A row for each site, asset and reason, ever."""
    if not counts:
        return
    rows = [
        {"site_id": site_id, "asset_id": asset_id, "reason": reason, "number": number, "last_at": now}
        for (site_id, asset_id, reason), number in sorted(counts.items(), key=str)
    ]
    adding = insert(TrapDrop).values(rows)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["site_id", "asset_id", "reason"],
            set_={"number": TrapDrop.number + adding.excluded.number, "last_at": adding.excluded.last_at},
        )
    )


def ask_owed(session: Session, sites: Sequence[int], *, budget: int, now: datetime) -> tuple[int, bool]:
    """Ask for diagnostics of assets that told something; gives how many were asked for, and whether some are owed.

    Once a minute and asset, twelve times an hour, and never more than `budget` now: what is not asked for stays owed.
    """
    waiting = select(DeviceEvent.asset_id).where(DeviceEvent.owed).distinct()
    owed = select(Asset).where(Asset.id.in_(waiting), Asset.site_id.in_(sites)).order_by(Asset.id)
    asked, left = 0, False
    for asset in session.scalars(owed).all():
        if asked >= budget or not _may_ask(session, asset, now):
            left = True
            continue
        run = request_diagnostics(session, asset, by=SYSTEM, reason=REASON, now=now)
        settled = update(DeviceEvent).where(DeviceEvent.asset_id == asset.id, DeviceEvent.owed)
        session.execute(settled.values(owed=False, diagnostics_id=run.id))
        asked += 1
    return asked, left


def _may_ask(session: Session, asset: Asset, now: datetime) -> bool:
    asked = select(func.count(), func.max(Diagnostics.requested_at)).where(
        Diagnostics.asset_id == asset.id,
        Diagnostics.reason == REASON,
        Diagnostics.requested_at > now - timedelta(hours=1),
    )
    number, newest = session.execute(asked).one()
    return number < MOST_AN_HOUR and (newest is None or now - newest >= NOT_BEFORE)


def _agent(asset: Asset, keys: Path) -> SnmpTarget | None:
    """Its credentials; None where there are none, or none that we can open: diagnostics say so, with advice."""
    try:
        return agent_of(asset, keys)
    except (Unavailable, Invalid):
        return None


def _host(address: str) -> str:
    """The address or name in an endpoint's settings; a Redfish one is a URL."""
    return (urlsplit(address).hostname or address) if "://" in address else address


def _event(arrival: Arrival) -> DeviceEvent:
    notification, clock = arrival.notification, arrival.clock
    said = told(notification.oid, notification.values)
    return DeviceEvent(
        asset_id=arrival.sender.asset_id,
        at=arrival.at,
        oid=notification.oid[:200],
        object=said.object,
        words=said.words,
        state=said.state,
        source=said.source,
        details=list(said.details),
        others=[list(pair) for pair in said.others],
        digest=notification.digest,
        engine_id=arrival.engine_id.hex() if arrival.engine_id is not None else None,
        boots=clock.boots if clock else None,
        engine_time=clock.engine_time if clock else None,
        owed=said.asks,
    )
