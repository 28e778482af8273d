"""Entering machines: places, cables, serials, endpoints, and what the record keeps of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.errors import Conflict, Invalid
from app.core.events import history
from app.hardware.models import Asset
from app.hardware.operations.assets import Entry, Position, add_asset, change_asset, correct_serial, place_asset
from app.hardware.operations.cabling import remove_power_cord, set_network_cable, set_power_cord
from app.hardware.operations.endpoints import remove_endpoint, set_endpoint
from app.hardware.operations.reach import target_for
from app.sites.models import Site
from tests.integration.hardware.conftest import asset, site_with_key

NOW = true_now()
IPMI = {"address": "10.0.0.42", "username": "rackside", "password": "kD93-never-told"}


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


@pytest.fixture
def server(session: Session, site: Site) -> Asset:
    return asset(session, site)


@pytest.fixture
def pdu(session: Session, site: Site) -> Asset:
    return asset(session, site, "PDU-A", "pdu")


def place(session: Session, what: Asset, u: int, height: int = 1, face: str = "front") -> bool:
    return place_asset(session, what, Position("A03", "Hall 1", u, height, face), by="sam", now=NOW)


def test_an_asset_is_placed_and_its_rack_is_entered_with_it(session: Session, server: Asset) -> None:
    assert place(session, server, 21, height=2)
    assert server.rack is not None
    assert (server.rack.name, server.rack.room, server.u, server.height) == ("A03", "Hall 1", 21, 2)
    assert not place(session, server, 21, height=2)


def test_two_assets_cannot_fill_the_same_unit_on_the_same_face(session: Session, site: Site, server: Asset) -> None:
    other = asset(session, site, "SRV-0043")
    place(session, server, 21, height=2)
    with pytest.raises(Conflict, match="SRV-0042 fills U21 to U22 of A03 at the front"):
        place(session, other, 22)
    assert place(session, other, 22, face="rear")


def test_a_unit_that_the_rack_does_not_have_is_refused_by_field(session: Session, server: Asset) -> None:
    with pytest.raises(Invalid) as refused:
        place(session, server, 48, height=2)
    assert refused.value.errors[0].field == "u"


def test_a_rack_stands_in_one_room(session: Session, server: Asset) -> None:
    place(session, server, 21)
    with pytest.raises(Invalid, match="Hall 1"):
        place_asset(session, server, Position("A03", "Hall 2", 22), by="sam", now=NOW)


def test_a_tag_is_given_once(session: Session, site: Site, server: Asset) -> None:
    with pytest.raises(Conflict, match="SRV-0042"):
        add_asset(session, site, Entry("SRV-0042"), by="sam", now=NOW)


@pytest.mark.parametrize("tag", ["", "a/b", "-x", "x" * 65, "a b", "ä"])
def test_a_tag_that_no_label_can_carry_is_refused(session: Session, site: Site, tag: str) -> None:
    with pytest.raises(Invalid):
        add_asset(session, site, Entry(tag), by="sam", now=NOW)


def test_the_record_tells_what_a_serial_was_before_and_why_it_changed(session: Session, server: Asset) -> None:
    correct_serial(session, server, "CZ12345", by="tess", why="read from the pull-out tag", now=NOW)
    assert not correct_serial(session, server, "CZ12345", by="tess", why="again", now=NOW)
    last = list(history(session, "asset:SRV-0042"))[-1]
    assert (last.by, last.verb, last.why) == ("tess", "serial", "read from the pull-out tag")
    assert last.detail == {"before": {"serial": None}, "after": {"serial": "CZ12345"}}


def test_a_change_that_changes_nothing_leaves_no_event(session: Session, server: Asset) -> None:
    assert change_asset(session, server, Entry("SRV-0042", model="R740"), by="sam", now=NOW)
    assert not change_asset(session, server, Entry("SRV-0042", model="R740"), by="sam", now=NOW)
    assert [event.verb for event in history(session, "asset:SRV-0042")] == ["entry", "change"]


def test_an_outlet_feeds_one_power_supply(session: Session, site: Site, server: Asset, pdu: Asset) -> None:
    other = asset(session, site, "SRV-0043")
    assert set_power_cord(session, server, psu="1", pdu=pdu, outlet="14", by="sam", now=NOW)
    assert not set_power_cord(session, server, psu="1", pdu=pdu, outlet="14", by="sam", now=NOW)
    with pytest.raises(Conflict, match="Outlet 14 of PDU-A feeds PSU 1 of SRV-0042"):
        set_power_cord(session, other, psu="1", pdu=pdu, outlet="14", by="sam", now=NOW)


def test_a_moved_cord_frees_its_outlet(session: Session, site: Site, server: Asset, pdu: Asset) -> None:
    other = asset(session, site, "SRV-0043")
    set_power_cord(session, server, psu="1", pdu=pdu, outlet="14", by="sam", now=NOW)
    set_power_cord(session, server, psu="1", pdu=pdu, outlet="15", by="sam", now=NOW)
    assert set_power_cord(session, other, psu="1", pdu=pdu, outlet="14", by="sam", now=NOW)
    assert remove_power_cord(session, server, psu="1", by="sam", now=NOW)
    assert not remove_power_cord(session, server, psu="1", by="sam", now=NOW)
    assert server.power == []


def test_cables_lead_to_the_right_kind_of_device_in_the_same_site(
    session: Session, keys: Path, server: Asset, pdu: Asset
) -> None:
    elsewhere = asset(session, site_with_key(session, keys, "NYC1"), "tor-9", "switch")
    with pytest.raises(Invalid, match="PDU-A is a pdu"):
        set_network_cable(session, server, port="eth0", switch=pdu, switch_port="1", by="sam", now=NOW)
    with pytest.raises(Invalid, match="tor-9 stands in NYC1"):
        set_network_cable(session, server, port="eth0", switch=elsewhere, switch_port="1", by="sam", now=NOW)


def test_a_switch_port_leads_to_one_machine(session: Session, site: Site, server: Asset) -> None:
    tor, other = asset(session, site, "tor-1", "switch"), asset(session, site, "SRV-0043")
    assert set_network_cable(session, server, port="eth0", switch=tor, switch_port="Ethernet12", by="sam", now=NOW)
    with pytest.raises(Conflict, match="Port Ethernet12 of tor-1 leads to eth0 of SRV-0042"):
        set_network_cable(session, other, port="eth0", switch=tor, switch_port="Ethernet12", by="sam", now=NOW)


def test_credentials_are_nowhere_in_the_database(session: Session, server: Asset) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)
    session.commit()
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    everything = "".join(str(session.execute(text(f'SELECT * FROM "{table}"')).all()) for table in tables)
    assert "10.0.0.42" in everything
    assert IPMI["password"] not in everything


def test_the_worker_of_the_site_reads_them_back(session: Session, keys: Path, server: Asset, pdu: Asset) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)
    set_endpoint(session, pdu, "snmp", {"address": "10.0.0.7", "community": "s3cret"}, by="sam", now=NOW)
    set_power_cord(session, server, psu="2", pdu=pdu, outlet="14", by="sam", now=NOW)
    session.commit()
    reach = target_for(session, server, keys, deadline_s=10)
    assert reach.unusable == ()
    assert reach.target["device"]["ipmi"] == IPMI
    assert reach.target["power"] == [
        {"psu": "2", "outlet": "14", "pdu": {"name": "PDU-A", "snmp": {"address": "10.0.0.7", "community": "s3cret"}}}
    ]
    assert IPMI["password"] not in repr(reach)
    assert target_for(session, pdu, keys, deadline_s=10).target["device"]["in_use"] == ["14"]


def test_an_address_changed_behind_our_back_never_gets_the_credentials(
    session: Session, keys: Path, server: Asset
) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW).settings = {"address": "6.6.6.6", "username": "x"}
    session.commit()
    reach = target_for(session, server, keys, deadline_s=10)
    assert "ipmi" not in reach.target["device"]
    assert IPMI["password"] not in str(reach.target)
    assert reach.unusable[0].detail == "The address was changed without entering the credentials again."


def test_without_the_key_the_credentials_are_a_source_that_cannot_be_asked(
    session: Session, keys: Path, server: Asset
) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)
    (keys / "AMS1.key").unlink()
    (silent,) = target_for(session, server, keys, deadline_s=10).unusable
    assert (silent.name, silent.address) == ("ipmi", "10.0.0.42")
    assert "AMS1.key" in (silent.detail or "")


def test_a_new_address_asks_for_the_password_again(session: Session, server: Asset) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)
    unchanged = {name: value for name, value in IPMI.items() if name != "password"}
    assert set_endpoint(session, server, "ipmi", unchanged, by="sam", now=NOW).sealed is not None
    with pytest.raises(Invalid):
        set_endpoint(session, server, "ipmi", {**unchanged, "address": "10.0.0.43"}, by="sam", now=NOW)


@pytest.mark.parametrize(
    ("protocol", "given"),
    [
        ("telnet", {"address": "10.0.0.42"}),
        ("ipmi", {**IPMI, "pasword": "x"}),
        ("ipmi", {**IPMI, "port": 70000}),
        ("ipmi", {"username": "rackside", "password": "x"}),
        ("snmp", {"address": "10.0.0.42", "version": "4"}),
    ],
)
def test_an_endpoint_that_a_probe_would_refuse_is_refused(
    session: Session, server: Asset, protocol: str, given: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        set_endpoint(session, server, protocol, given, by="sam", now=NOW)


def test_a_site_without_a_key_cannot_keep_credentials(session: Session, server: Asset) -> None:
    server.site.public_key = None
    with pytest.raises(Conflict, match="rackside asset key AMS1"):
        set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)


def test_a_removed_endpoint_takes_its_credentials_along(session: Session, server: Asset) -> None:
    set_endpoint(session, server, "ipmi", IPMI, by="sam", now=NOW)
    assert remove_endpoint(session, server, "ipmi", by="sam", now=NOW)
    session.commit()
    assert session.scalar(text("SELECT count(*) FROM endpoint")) == 0
