"""The pages of the machines: what a person sees, enters and sets off, and what nobody ever sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import db
from app.hardware.models import Asset, DeviceAction, Diagnostics, Endpoint
from app.hardware.operations.assets import Position, place_asset
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.diagnose import begin, finish, request_diagnostics, show_parts
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import Failure, end
from app.hardware.queries import asset_by_tag
from tests.integration.conftest import Browser
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import server_with_lost_input

Browsers = Callable[[str], Browser]
SECRET = "kD93-never-told"
ROLES = {"sam": "sysadmin@AMS1", "tess": "technician@AMS1", "nora": "sysadmin@NYC1"}
AGENT = {"version": "2c", "auth": "none", "privacy": "none"}
BMC = {"address": "10.0.0.42", "port": 623, "username": "rackside", "password": SECRET}


@pytest.fixture
def stored(web_app: APIFlask, keys: Path) -> Iterator[Session]:
    """SRV-0042 in A03 of AMS1, fed by PDU-A; SRV-0900 in NYC1."""
    with web_app.app_context():
        session = db.session()
        ams, nyc = site_with_key(session, keys), site_with_key(session, keys, "NYC1", "America/New_York")
        server, pdu, now = asset(session, ams), asset(session, ams, "PDU-A", "pdu"), true_now()
        asset(session, nyc, "SRV-0900")
        place_asset(session, server, Position("A03", "Hall 1", 21, 2), by="sam", now=now)
        set_power_cord(session, server, psu="2", pdu=pdu, outlet="14", by="sam", now=now)
        set_endpoint(session, server, "ipmi", BMC, by="sam", now=now)
        session.commit()
        yield session
        session.close()


@pytest.fixture
def browser_of(browser_of: Browsers, person: Callable[..., int]) -> Browsers:
    """A browser of one of ROLES: sam enters, tess looks and asks, nora is elsewhere."""

    def open_browser(name: str) -> Browser:
        person(name, ROLES[name])
        return browser_of(name)

    return open_browser


def server_of(session: Session) -> Asset:
    session.rollback()
    session.expire_all()
    return asset_by_tag(session, "SRV-0042")


def asked(session: Session) -> Diagnostics:
    run = request_diagnostics(session, server_of(session), by="tess", reason="page", now=true_now())
    session.commit()
    return run


def done(session: Session) -> Diagnostics:
    run = begin(session, asked(session).id, now=true_now())
    assert run is not None
    assert finish(session, run, server_with_lost_input(taken_at=true_now()))
    session.commit()
    return run


def test_assets_are_listed_and_found(stored: Session, browser_of: Browsers) -> None:
    tess = browser_of("tess")
    everything = tess.get("/assets").text
    assert "SRV-0042" in everything
    assert "PDU-A" in everything
    assert "SRV-0900" not in everything
    assert "AMS1, Hall 1, A03 U21 front" in everything
    found = tess.get("/assets?q=0042").text
    assert "SRV-0042" in found
    assert "PDU-A" not in found
    assert "Nothing found" in tess.get("/assets?q=nonsense").text


@pytest.mark.parametrize("path", ["", "/diagnostics", "/correction", "/cabling", "/endpoints/ipmi"])
def test_another_sites_asset_has_no_page(stored: Session, browser_of: Browsers, path: str) -> None:
    assert browser_of("nora").get(f"/assets/SRV-0042{path}").status_code == 404


def test_another_sites_diagnostics_have_no_page(stored: Session, browser_of: Browsers) -> None:
    run, nora = done(stored), browser_of("nora")
    assert nora.get(f"/diagnostics/{run.id}").status_code == 404
    assert nora.get(f"/diagnostics/{run.id}/panel").status_code == 404


def test_the_page_says_where_what_feeds_it_and_what_it_last_said(stored: Session, browser_of: Browsers) -> None:
    done(stored)
    page = browser_of("tess").get("/assets/SRV-0042").text
    for words in (
        "Hall 1",
        "A03",
        "U21",
        "PSU 2 has lost its input",
        "outlet 14",
        "Ask who switched outlet 14",
        "tor-1",
    ):
        assert words in page
    assert "credentials set, not readable" in page
    assert "Correct" not in page


def test_taking_diagnostics_leads_to_a_page_that_fills_part_by_part(stored: Session, browser_of: Browsers) -> None:
    tess = browser_of("tess")
    answer = tess.post("/assets/SRV-0042/diagnostics", page="/assets/SRV-0042")
    assert answer.status_code == 303
    waiting = tess.get(answer.location).text
    run = stored.query(Diagnostics).one()
    assert f'data-live-topic="diagnostics:{run.id}"' in waiting
    assert "10.0.0.42:623" in waiting
    assert "The worker of AMS1 has never been seen." in waiting

    begun = begin(stored, run.id, now=true_now())
    assert begun is not None
    assert begun.started_at is not None
    parts = [{"name": "ipmi", "state": "reading", "detail": "sensors: 41"}]
    show_parts(stored, run.id, started_at=begun.started_at, parts=parts)
    stored.commit()
    panel = tess.get(f"/diagnostics/{run.id}/panel").text
    assert "sensors: 41" in panel
    assert "<html" not in panel

    finish(stored, begun, server_with_lost_input(taken_at=true_now()))
    stored.commit()
    told = tess.get(f"/diagnostics/{run.id}/panel").text
    assert "PSU 2 has lost its input" in told
    assert "data-live-topic" not in told


def test_history_lists_what_was_found(stored: Session, browser_of: Browsers) -> None:
    run = done(stored)
    page = browser_of("tess").get("/assets/SRV-0042/diagnostics").text
    assert f"/diagnostics/{run.id}" in page
    assert "critical" in page


def test_the_id_led_is_asked_for_and_its_failure_is_told_with_advice(stored: Session, browser_of: Browsers) -> None:
    tess = browser_of("tess")
    assert tess.post("/assets/SRV-0042/id-led", page="/assets/SRV-0042", on="1").status_code == 303
    action = stored.query(DeviceAction).one()
    assert action.arguments == {"on": True, "seconds": 300}
    assert "was asked to switch the ID LED on" in tess.get("/assets/SRV-0042").text
    end(stored, action, now=true_now(), failed=Failure("nothing answers", "Look at the cable."))
    stored.commit()
    page = tess.get("/assets/SRV-0042").text
    assert "nothing answers" in page
    assert "Look at the cable." in page


def test_a_technician_enters_nothing(stored: Session, browser_of: Browsers) -> None:
    tess = browser_of("tess")
    assert tess.get("/assets/new").status_code == 403
    assert tess.post("/assets/SRV-0042/power", page="/assets/SRV-0042", psu="1").status_code == 403


def test_an_asset_is_entered_with_its_place(stored: Session, browser_of: Browsers) -> None:
    sam = browser_of("sam")
    fields = {"site": "AMS1", "tag": "SRV-0043", "role": "server", "rack": "A03", "room": "Hall 1", "face": "front"}
    taken = sam.post("/assets/new", page="/assets/new", **fields, u="22", height="1")
    assert taken.status_code == 422
    assert "SRV-0042 fills U21 to U22 of A03 at the front." in taken.text
    assert sam.get("/assets/SRV-0043").status_code == 404
    assert sam.post("/assets/new", page="/assets/new", **fields, u="23", height="1").status_code == 303
    assert "U23" in sam.get("/assets/SRV-0043").text


def test_nothing_is_entered_at_a_site_one_does_not_administer(stored: Session, browser_of: Browsers) -> None:
    fields = {"site": "NYC1", "tag": "SRV-0044", "role": "server", "face": "front"}
    assert browser_of("sam").post("/assets/new", page="/assets/new", **fields).status_code == 422


def test_a_corrected_serial_stands_in_the_record_with_its_reason(stored: Session, browser_of: Browsers) -> None:
    sam = browser_of("sam")
    fields = {"role": "server", "name": "SRV-0042", "serial": "CZ12345", "rack": "A03", "u": "21", "height": "2"}
    sent = sam.post("/assets/SRV-0042/correction", page="/assets/SRV-0042/correction", **fields, face="front",
                    why="read from the pull-out tag")  # fmt: skip
    assert sent.status_code == 303
    page = sam.get("/assets/SRV-0042").text
    assert "serial: none → CZ12345" in page
    assert "read from the pull-out tag" in page


def test_cords_are_plugged_and_unplugged(stored: Session, browser_of: Browsers) -> None:
    sam, page = browser_of("sam"), "/assets/SRV-0042/cabling"
    assert sam.post("/assets/SRV-0042/power", page=page, psu="1", pdu="PDU-A", outlet="14").status_code == 422
    unknown = sam.post("/assets/SRV-0042/power", page=page, psu="1", pdu="PDU-Z", outlet="1")
    assert "There is no asset PDU-Z" in unknown.text
    assert sam.post("/assets/SRV-0042/power", page=page, psu="1", pdu="PDU-A", outlet="13").status_code == 303
    assert [cord.outlet for cord in server_of(stored).power] == ["13", "14"]
    assert sam.post("/assets/SRV-0042/unplugged", page=page, psu="1").status_code == 303
    assert [cord.outlet for cord in server_of(stored).power] == ["14"]


def test_credentials_go_in_and_never_come_out(stored: Session, browser_of: Browsers) -> None:
    sam, path = browser_of("sam"), "/assets/PDU-A/endpoints/snmp"
    sent = sam.post(path, page=path, address="10.0.0.7", community=SECRET, **AGENT)
    assert sent.status_code == 303
    assert "Credentials are set. Nobody can read them here" in sam.get(path).text
    stored.rollback()
    kept = stored.query(Endpoint).filter_by(protocol="snmp").one()
    assert (kept.settings, bool(kept.sealed)) == ({"address": "10.0.0.7", "version": "2c"}, True)
    done(stored)
    paths = ("/assets", "/assets/SRV-0042", "/assets/PDU-A", path, "/assets/SRV-0042/endpoints/ipmi")
    assert SECRET not in "".join(sam.get(one).text for one in paths)
    refused = sam.post(path, page=path, address="10.0.0.8", auth_password=SECRET, **{**AGENT, "version": "3"})
    assert refused.status_code == 422
    assert SECRET not in refused.text


def test_another_address_asks_for_the_password_again(stored: Session, browser_of: Browsers) -> None:
    sam, path = browser_of("sam"), "/assets/SRV-0042/endpoints/ipmi"
    same = {"address": "10.0.0.42", "port": "623", "username": "rackside", "privilege": "usual"}
    assert sam.post(path, page=path, **same).status_code == 303
    moved = sam.post(path, page=path, **{**same, "address": "6.6.6.6"})
    assert moved.status_code == 422
    assert "password" in moved.text


def test_an_endpoint_is_forgotten(stored: Session, browser_of: Browsers) -> None:
    sam, page = browser_of("sam"), "/assets/SRV-0042/endpoints/ipmi"
    assert sam.post("/assets/SRV-0042/endpoints/ipmi/removal", page=page).status_code == 303
    assert server_of(stored).endpoints == []
