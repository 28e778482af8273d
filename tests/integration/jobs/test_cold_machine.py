"""Cold jobs on a real BMC and a real PDU: shut down, off, load gone, hands in; and all that goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.clock import true_now
from app.core.database import transaction
from app.hardware import tasks
from app.hardware.models import DeviceAction, Diagnostics
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.queries import asset_by_tag
from app.hardware.sealing import new_site_key, write_key
from app.jobs.power_course import WATCHED
from lab.bmc import BmcServer
from lab.fixtures import need
from lab.fleet import running
from lab.machines import Bmc
from lab.snmp_agents import COMMUNITY, SnmpAgent
from lab.snmp_devices import Outlet, Pdu
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_cold_jobs import booked, unplug, unplug_refused
from tests.integration.jobs.test_shutdown import courses, events

Clock = Callable[[datetime], None]
OUTLETS = (1, 11)


@dataclass
class Rack:
    """SRV-1 and the PDU that feeds it, with a job that has come to the step for which it must be off."""

    hall: Hall
    bmc: BmcServer
    pdu: SnmpAgent
    number: str = ""

    def work(self) -> None:
        """What the site's worker does now, then the clockwork."""
        with self.hall.app.app_context():
            with transaction() as session:
                actions = session.scalars(select(DeviceAction.id).where(DeviceAction.state == "queued")).all()
            for action in actions:
                tasks.shut_down(action_id=str(action))
        self.hall.tick()
        self.read()
        self.hall.tick()

    def read(self) -> None:
        """Diagnostics that were asked for, by the real protocols."""
        with self.hall.app.app_context():
            with transaction() as session:
                asked = session.scalars(select(Diagnostics.id).where(Diagnostics.state != "done")).all()
            for one in asked:
                tasks.take_diagnostics(diagnostics_id=str(one))
        self.hall.go_on()

    def look(self) -> None:
        """Somebody asks the machine again."""
        self.hall.post("tess", "/assets/SRV-1/diagnostics")
        self.read()
        self.hall.tick()

    def begin(self) -> None:
        """Claim, check and start the job, and do what comes before the machine must be off."""
        hall, self.number = self.hall, booked(self.hall)
        hall.act("tess", self.number, "claim")
        self.read()
        hall.act("tess", self.number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
        hall.act("tess", self.number, "start")
        for key, evidence in (("esd", {}), ("photo_before", {"photo": "p"}), ("new_serial", {"serial": "NEW-1"})):
            hall.act("tess", self.number, "step", id=key, evidence=evidence)


@pytest.fixture
def keys(hall: Hall, tmp_path: Path) -> str:
    """The site's worker can open its credentials."""
    settings = hall.app.config["RACKSIDE"]
    hall.app.config["RACKSIDE"] = replace(settings, site_keys=tmp_path / "keys")
    public, private = new_site_key()
    write_key(tmp_path / "keys", "AMS1", private)
    return public


@pytest.fixture
def rack(hall: Hall, keys: str, tmp_path: Path) -> Iterator[Rack]:
    need("ipmi_sim", "snmpd")
    power = str(tmp_path / "SRV-1" / "power")
    outlets = tuple(Outlet(number, f"outlet {number}", watts=190, follows=power) for number in OUTLETS)
    with running([Bmc("SRV-1", "CZ12345", "SRV-1")], [Pdu("SRV-PDU", "5A1", outlets)], tmp_path) as fleet:
        bmc, pdu = fleet.bmcs["SRV-1"], fleet.agents["SRV-PDU"]
        with hall.app.app_context(), transaction() as session:
            machine, feeder = asset_by_tag(session, "SRV-1"), asset_by_tag(session, "SRV-PDU")
            machine.site.public_key = keys
            set_power_cord(session, machine, psu="1", pdu=feeder, outlet="11", by="test", now=true_now())
            target = bmc.target()
            account = {"username": target.username, "password": target.password, "privilege": "operator"}
            reached = {"address": target.address, "port": target.port, "cipher_suites": [3]}
            set_endpoint(session, machine, "ipmi", {**reached, **account}, by="test", now=true_now())
            agent = {"address": pdu.target().address, "port": pdu.port, "version": "2c", "community": COMMUNITY}
            set_endpoint(session, feeder, "snmp", agent, by="test", now=true_now())
        found = Rack(hall, bmc, pdu)
        found.begin()
        yield found


def test_shut_down_then_off_then_the_load_falls_and_the_guard_opens(hall: Hall, rack: Rack) -> None:
    assert "BMC says that the machine is on" in unplug_refused(hall, rack.number)
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    assert courses(hall, rack.number) == ["asked", "sent", "off"]
    asked, told, down = events(hall, rack.number)
    assert "outlet 11 of SRV-PDU: 190 W" in asked["detail"]["read"]
    assert (told["detail"]["before"]["on"], told["detail"]["after"]["on"]) == (True, False)
    assert "outlet 11 of SRV-PDU: 8 W" in down["detail"]["read"]
    unplug(hall, rack.number)
    assert rack.bmc.shutdown_log() == ["1"]


def test_a_machine_that_refuses_to_go_down_is_watched_to_the_end_and_asked_once(
    hall: Hall, at: Clock, rack: Rack
) -> None:
    rack.bmc.obeys = False
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    assert courses(hall, rack.number) == ["asked", "sent"]
    at(MONDAY + WATCHED + timedelta(minutes=1))
    rack.look()
    assert courses(hall, rack.number)[-1] == "still_on"
    unplug_refused(hall, rack.number)
    assert rack.bmc.shutdown_log() == ["1"]


def test_a_machine_that_comes_back_by_itself_is_noticed(hall: Hall, rack: Rack) -> None:
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    rack.bmc.power_on = True
    rack.look()
    assert courses(hall, rack.number)[-1] == "back"
    assert "came back by itself" in unplug_refused(hall, rack.number)


def test_a_bmc_that_dies_in_the_middle_leaves_it_to_people(hall: Hall, at: Clock, rack: Rack) -> None:
    rack.bmc.freeze_when_shut_down()
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    assert courses(hall, rack.number) == ["asked", "unknown"]
    rack.bmc.stop()
    at(MONDAY + WATCHED + timedelta(minutes=1))
    rack.look()
    assert courses(hall, rack.number)[-1] == "unseen"
    assert hall.refusal("tess", rack.number, "shutdown")[0] == 409
    assert "BMC does not say" in unplug_refused(hall, rack.number)
    hall.act("tom", rack.number, "sighting", power="off")
    unplug(hall, rack.number, rack="B17", tag="SRV-1")


def test_outlets_that_keep_their_load_hold_the_hands_back(hall: Hall, at: Clock, rack: Rack) -> None:
    rack.pdu.set("1.3.6.1.4.1.318.1.1.26.9.4.3.1.7.11", ("integer", 190))  # another machine hangs there
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    assert courses(hall, rack.number) == ["asked", "sent"]
    at(MONDAY + WATCHED + timedelta(minutes=1))
    rack.look()
    assert courses(hall, rack.number)[-1] == "loaded"
    assert "outlet 11 of SRV-PDU: 190 W" in unplug_refused(hall, rack.number)


def test_a_silent_pdu_is_named_and_a_second_person_stands_for_it(hall: Hall, rack: Rack) -> None:
    rack.pdu.stop()
    hall.act("tess", rack.number, "shutdown")
    rack.work()
    assert courses(hall, rack.number)[-1] == "off"
    assert "its PDU is silent" in unplug_refused(hall, rack.number)
    hall.act("tom", rack.number, "sighting", power="off")
    unplug(hall, rack.number)
