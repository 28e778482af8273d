"""What devices told by themselves: what is kept of it, what is asked because of it, and who sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import db
from app.hardware.models import Asset, DeviceEvent, Diagnostics, TrapDrop
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.traps import KEPT_EVENTS, ask_owed, count_drops, file_events, heard_before, known_senders
from app.hardware.protocols.snmp_trap import Notification
from app.hardware.readings import SnmpType, SnmpValue
from app.hardware.trap_guard import Clock, Drop
from app.hardware.trap_intake import Arrival, Sender
from tests.integration.conftest import Browser, Program
from tests.integration.hardware.conftest import asset, site_with_key

OUTLET_OFF, LOGIN_FAILED = "1.3.6.1.4.1.318.0.269", "1.3.6.1.6.3.1.1.5.5"
OUTLET = SnmpValue("1.3.6.1.4.1.318.1.1.12.3.3.1.1.1.8", SnmpType.INTEGER, 8)
ROLES = {"tess": "technician@AMS1", "nora": "sysadmin@NYC1", "bo": "admin@all"}


@pytest.fixture
def stored(web_app: APIFlask, keys: Path) -> Iterator[Session]:
    """PDU-A in AMS1, PDU-X in NYC1."""
    with web_app.app_context():
        session = db.session()
        for code, tag in (("AMS1", "PDU-A"), ("NYC1", "PDU-X")):
            device, agent = asset(session, site_with_key(session, keys, code), tag, "pdu"), {"address": "10.0.0.5"}
            set_endpoint(session, device, "snmp", agent | {"community": f"of {code}"}, by="sam", now=true_now())
        session.commit()
        yield session
        session.close()


def device(session: Session, tag: str = "PDU-A") -> Asset:
    return session.scalars(select(Asset).where(Asset.tag == tag)).one()


def told(session: Session, number: int = 1, oid: str = OUTLET_OFF, clock: Clock | None = None) -> Arrival:
    pdu = device(session)
    notification = Notification(oid, (OUTLET,), number, f"digest-{number}")
    engine = b"\x80\0\0\0\x05theirs" if clock else None
    return Arrival(Sender(pdu.id, pdu.site_id, pdu.tag, None), true_now(), notification, engine, clock)


def sites(session: Session) -> list[int]:
    return [device(session, tag).site_id for tag in ("PDU-A", "PDU-X")]


def number_of(session: Session, kind: type[DeviceEvent] | type[Diagnostics]) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def test_the_newest_events_of_an_asset_are_kept(stored: Session) -> None:
    file_events(stored, [told(stored, number) for number in range(KEPT_EVENTS + 50)])
    file_events(stored, [told(stored, 999)])
    assert number_of(stored, DeviceEvent) == KEPT_EVENTS
    assert stored.scalars(select(DeviceEvent).order_by(DeviceEvent.id.desc())).first().digest == "digest-999"  # type: ignore[union-attr]  # there is one


def test_diagnostics_are_asked_for_once_a_minute_and_what_is_owed_is_asked_then(stored: Session) -> None:
    now = true_now()
    file_events(stored, [told(stored, 1), told(stored, 2)])
    assert ask_owed(stored, sites(stored), budget=5, now=now) == (1, False)
    file_events(stored, [told(stored, 3)])
    assert ask_owed(stored, sites(stored), budget=5, now=now + timedelta(seconds=59)) == (0, True)
    assert ask_owed(stored, sites(stored), budget=0, now=now + timedelta(seconds=60)) == (0, True)
    assert ask_owed(stored, sites(stored)[1:], budget=5, now=now + timedelta(seconds=60)) == (0, False)
    stored.scalars(select(Diagnostics)).one().state = "running"
    assert ask_owed(stored, sites(stored), budget=5, now=now + timedelta(seconds=60)) == (1, False)
    assert number_of(stored, Diagnostics) == 2


def test_a_device_that_answers_every_question_with_a_trap_is_not_asked_for_ever(stored: Session) -> None:
    now = true_now()
    for minute in range(30):
        file_events(stored, [told(stored, minute)])
        ask_owed(stored, sites(stored), budget=5, now=now + timedelta(minutes=minute))
        for run in stored.scalars(select(Diagnostics)):
            run.state = "running"
    assert number_of(stored, Diagnostics) == 12


def test_a_failed_login_is_kept_and_asks_for_nothing(stored: Session) -> None:
    file_events(stored, [told(stored, oid=LOGIN_FAILED)])
    assert ask_owed(stored, sites(stored), budget=5, now=true_now()) == (0, False)
    assert number_of(stored, DeviceEvent) == 1


def test_drops_are_added_up_in_one_row_each(stored: Session) -> None:
    pdu = device(stored)
    for _ in range(3):
        counts = {(pdu.site_id, pdu.id, Drop.DENIED): 2, (None, None, Drop.UNKNOWN_SENDER): 5}
        count_drops(stored, counts, now=true_now())
    assert sorted(stored.scalars(select(TrapDrop.number))) == [6, 15]


def test_what_was_heard_before_a_restart_is_known_after_it(stored: Session) -> None:
    file_events(stored, [told(stored, 1, clock=Clock(3, 70, 0)), told(stored, 2, clock=Clock(3, 50, 0))])
    heard = heard_before(stored, now=true_now())
    assert {digest for _, digest in heard.digests} == {"digest-1", "digest-2"}
    assert [(clock.boots, clock.engine_time) for _, _, clock in heard.clocks] == [(3, 70)]


def test_a_sites_worker_knows_its_own_senders_only(stored: Session, keys: Path) -> None:
    known = known_senders(stored, ["AMS1"], keys)
    assert [(host, sender.tag, sender.target.community) for host, sender in known.senders if sender.target] == [
        ("10.0.0.5", "PDU-A", "of AMS1")
    ]
    assert "of AMS1" not in repr(known)
    without_key = known_senders(stored, None, keys / "elsewhere")
    assert [sender.target for _, sender in without_key.senders] == [None, None]


def test_device_events_stand_on_the_page_and_in_the_api_for_those_of_the_site(
    stored: Session,
    browser_of: Callable[[str], Browser],
    program_of: Callable[..., Program],
    person: Callable[..., int],
) -> None:
    for name, role in ROLES.items():
        person(name, role)
    pdu = device(stored)
    file_events(stored, [told(stored, number) for number in range(3)])
    count_drops(stored, {(pdu.site_id, pdu.id, Drop.LIMITED): 41}, now=true_now())
    stored.commit()
    page = browser_of("tess").get("/assets/PDU-A").text
    assert "An outlet was switched off" in page
    assert "outlet 8" in page
    assert "41 too many" in page
    assert "outlet 8" not in browser_of("bo").get("/assets/PDU-A").text
    tess = program_of("tess")
    first = tess.get("/api/v1/assets/PDU-A/events?limit=2").get_json()
    rest = tess.get(f"/api/v1/assets/PDU-A/events?limit=2&cursor={first['next']}").get_json()
    assert [one["state"] for one in first["items"] + rest["items"]] == ["warning"] * 3
    assert first["items"][0]["details"] == ["outlet 8"]
    assert (first["dropped"], rest["next"]) == ({"too_many": 41}, None)
    assert program_of("nora").get("/api/v1/assets/PDU-A/events").status_code == 404
    assert program_of("bo").get("/api/v1/assets/PDU-A/events").status_code in (403, 404)
    assert 'rackside_traps_dropped_total{site="AMS1",reason="too_many"} 41' in tess.get("/metrics").text
