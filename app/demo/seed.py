"""The demo's world, put into the database through the same operations that people use."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Grant, Principal
from app.core.permissions import Role
from app.demo.world import DEVICES, HOURS, PEOPLE, SERVERS, SITES, SPARES, TICKETS, DemoPerson, DemoServer, DemoTicket
from app.hardware.models import Asset
from app.hardware.operations.assets import Entry, Position, add_asset, place_asset
from app.hardware.operations.cabling import set_network_cable, set_power_cord
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.sealing import new_site_key, write_key
from app.jobs.forms import EscalationSchema, read, read_verb
from app.jobs.operations.escalate import escalate
from app.jobs.operations.perform import perform
from app.jobs.states import Verb
from app.parts.operations import arrive, expect
from app.people.models import Person
from app.people.operations.accounts import add_person, grant
from app.people.operations.tokens import create_token
from app.shifts.operations import roster
from app.sites.models import Site

SEEDER = "demo"
SYSTEM = "console"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def is_seeded(session: Session) -> bool:
    """True when an earlier run has filled this database."""
    return session.scalar(select(Person.id).limit(1)) is not None


def seed_sites(session: Session, keys: Any) -> dict[str, Site]:
    """Enter the sites, each with a key of its own for its worker."""
    found = {}
    for one in SITES:
        public, private = new_site_key()
        write_key(keys, one.code, private)
        site = Site(
            code=one.code, name=one.name, time_zone=one.time_zone, hours=HOURS, country=one.country, public_key=public
        )
        session.add(site)
        found[one.code] = site
    session.flush()
    return found


def seed_people(session: Session, sites: dict[str, Site], now: datetime) -> dict[str, dict[str, Any]]:
    """Enter the people; gives each one's password, token, roles and sites, which are stored nowhere else."""
    return {one.name: _person(session, one, sites, now) for one in PEOPLE}


def seed_integration(session: Session, now: datetime) -> dict[str, Any]:
    """Enter the program that the ticket system signs in as."""
    bridge = add_person(session, name="bridge", full_name="Ticket bridge", by=SEEDER, now=now)
    grant(session, bridge, Role.INTEGRATION, None, by=SEEDER, now=now)
    _, token = create_token(session, bridge, name="demo", by=SEEDER, now=now, scopes=None)
    return {"name": "bridge", "token": token}


def _person(session: Session, one: DemoPerson, sites: dict[str, Site], now: datetime) -> dict[str, Any]:
    password = secrets.token_urlsafe(9)
    person = add_person(
        session, name=one.name, full_name=one.full_name, by=SEEDER, now=now, password=password, phone=one.phone
    )
    places: list[str] = []
    for role in one.roles:
        title, _, code = role.partition("@")
        grant(session, person, Role(title), sites.get(code), by=SEEDER, now=now)
        places.append(code)
    _, token = create_token(session, person, name="demo", by=SEEDER, now=now, scopes=None)
    for code in one.shifts:
        since = date(now.year - 1, 1, 1)
        roster(session, person, sites[code], hours=HOURS, valid_from=since, by=SEEDER, now=now)
    roles = [role.partition("@")[0] for role in one.roles]
    return {
        "password": password,
        "token": token,
        "full_name": one.full_name,
        "roles": roles,
        "sites": "all" if "all" in places else places,
    }


def seed_assets(session: Session, sites: dict[str, Site], now: datetime) -> None:
    """Enter devices and servers, where they stand and what feeds them."""
    rooms = {one.code: one.rooms[0] for one in SITES}
    assets: dict[str, Asset] = {}
    for device in DEVICES:
        entry = Entry(device.tag, device.role, serial=device.serial)
        assets[device.tag] = add_asset(session, sites[device.site], entry, by=SEEDER, now=now)
        where = Position(device.rack, rooms[device.site], device.u, face=device.face)
        place_asset(session, assets[device.tag], where, by=SEEDER, now=now)
    for server in SERVERS:
        entry = Entry(server.tag, "server", serial=server.serial, model="NW-2124", customer=server.customer)
        asset = add_asset(session, sites[server.site], entry, by=SEEDER, now=now)
        place_asset(session, asset, Position(server.rack, rooms[server.site], server.u), by=SEEDER, now=now)
        _cable(session, asset, server, assets, now)


def seed_spares(session: Session, sites: dict[str, Site], now: datetime) -> None:
    """Enter the spares: what lies in the cage, and what is on its way."""
    for one in SPARES:
        spare = expect(
            session, sites[one.site], kind=one.kind, name=one.name, part_number=one.part_number,
            expected_on=(now + timedelta(days=3)).date(), by=SEEDER, now=now,
        )  # fmt: skip
        if one.serial:
            arrive(session, spare, serial=one.serial, location=one.location, by=SEEDER, now=now)


def _cable(session: Session, asset: Asset, server: DemoServer, assets: dict[str, Asset], now: datetime) -> None:
    for psu, pdu, outlet in server.outlets:
        set_power_cord(session, asset, psu=psu, pdu=assets[pdu], outlet=outlet, by=SEEDER, now=now)
    if server.switch_port is not None:
        set_network_cable(
            session, asset, port="eth0", mac=None, switch=assets["AMS-TOR-B17"], switch_port=server.switch_port,
            by=SEEDER, now=now,
        )  # fmt: skip


def set_endpoints(session: Session, endpoints: dict[str, dict[str, Any]], now: datetime) -> None:
    """Tell every asset how it is reached in this run of the lab: {tag: {protocol: target}}."""
    for tag, protocols in endpoints.items():
        asset = session.scalars(select(Asset).where(Asset.tag == tag)).unique().one()
        for protocol, target in protocols.items():
            set_endpoint(session, asset, protocol, target, by=SEEDER, now=now)


def seed_tickets(session: Session, now: datetime) -> None:
    """Escalate the open tickets as Level 1 did; `now` is business time."""
    lena = session.scalars(select(Person).where(Person.name == "lena")).one()
    principal = Principal(lena.id, lena.name, lena.full_name, frozenset({Grant(Role.L1_ENGINEER, None)}))
    for ticket in sorted(TICKETS, key=lambda one: not one.friday):
        asked_at = last_friday(now) if ticket.friday else now - timedelta(minutes=12)
        body = read(EscalationSchema, _body(ticket, asked_at, now))
        asked = escalate(session, principal, body, now=asked_at if ticket.friday else now)
        if ticket.consent and asked.work_order is not None:
            said = read_verb(Verb.CONSENT, {"decision": "granted", "message_url": ticket.consent})
            perform(
                session, principal, asked.work_order.number, Verb.CONSENT, said, now=now, silence=timedelta(hours=24)
            )


def last_friday(now: datetime) -> datetime:
    """The last Friday at 16:40 in Amsterdam before `now`, aware UTC."""
    local = now.astimezone(AMSTERDAM)
    friday = (local - timedelta(days=(local.weekday() - 4) % 7)).replace(hour=16, minute=40, second=0, microsecond=0)
    if friday > local:
        friday -= timedelta(days=7)
    return friday.astimezone(UTC)


def _body(ticket: DemoTicket, asked_at: datetime, now: datetime) -> dict[str, Any]:
    late = ticket.friday and now > asked_at + timedelta(days=2, hours=16)  # its Monday morning has begun
    return {
        "ticket": {
            "system": SYSTEM, "id": ticket.id, "url": f"https://tickets.example/{ticket.id}", "subject": ticket.subject,
            "channel": ticket.channel, "opened_at": (asked_at - timedelta(minutes=9)).isoformat(),
        },
        "asset": ticket.asset, "job_kind": ticket.job_kind, "reason": ticket.reason, "priority": ticket.priority,
        "summary": ticket.summary, "tried": ticket.tried, "answers": dict(ticket.answers), "team": ticket.team,
        "not_before": now.isoformat() if late else None,
    }  # fmt: skip


def ask_every_machine(session: Session, now: datetime) -> None:
    """First diagnostics of everything, so that no page is empty."""
    for asset in session.scalars(select(Asset).where(Asset.role == "server")).unique():
        request_diagnostics(session, asset, by=SEEDER, reason="page", now=now)
