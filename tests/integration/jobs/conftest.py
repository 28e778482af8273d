"""A hall to work in: a site, its people and machines, a business clock that tests set, and programs of each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core import clock
from app.core.clock import true_now
from app.core.database import bare_app, db, transaction
from app.core.permissions import Role
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Diagnostics
from app.hardware.operations.assets import Entry, Position, add_asset, place_asset
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.diagnose import begin, finish
from app.jobs import tasks
from app.people.models import Person
from app.people.operations.accounts import add_person, grant, set_password
from app.people.operations.tokens import create_token
from app.people.queries import person_named
from app.shifts.operations import roster
from app.sites.models import Site
from app.tickets.models import Message
from tests.databases import administer, prepare, sibling
from tests.integration.conftest import LONG_AGO, PASSWORD, Browser, Program
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=AMSTERDAM)
FRIDAY_16_40 = datetime(2026, 12, 4, 16, 40, tzinfo=AMSTERDAM)
SATURDAY = datetime(2026, 12, 5, 11, 0, tzinfo=AMSTERDAM)
PEOPLE = {
    "tess": "technician@AMS1",
    "tom": "technician@AMS1",
    "lena": "l1_engineer@all",
    "sam": "sysadmin@all",
    "max": "manager@AMS1",
    "bot": "integration@all",
    "mia": "technician@MIA1",
    "ada": "admin@all",
}


@pytest.fixture
def at() -> Iterator[Callable[[datetime], None]]:
    """Set the business clock; it is back on true time after the test."""

    def set_clock(moment: datetime) -> None:
        clock.set_drill(moment - true_now())

    yield set_clock
    clock.set_drill(true_now() - true_now())


@dataclass
class Hall:
    """Programs by name, and what the workers of the site would do."""

    app: APIFlask
    programs: dict[str, Program]
    count: int = field(default=0)

    def get(self, who: str, path: str) -> Any:
        """GET as somebody; the JSON of a 200."""
        response = self.programs[who].get(f"/api/v1{path}")
        assert response.status_code == 200, response.text
        return response.json

    def post(self, who: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """POST as somebody."""
        return self.programs[who].post(f"/api/v1{path}", json={} if body is None else body, **headers)

    def act(self, who: str, number: str, verb: str, **body: object) -> Any:
        """Do a verb that must succeed; the order as it is then."""
        response = self.post(who, f"/work-orders/{number}/{verb}", body)
        assert response.status_code == 200, response.text
        return response.json

    def refusal(self, who: str, number: str, verb: str, **body: object) -> tuple[int, str]:
        """Do a verb that must be refused; status and code."""
        response = self.post(who, f"/work-orders/{number}/{verb}", body)
        assert response.status_code >= 400, response.text
        assert response.json is not None
        return response.status_code, response.json["code"]

    def escalation(self, **changes: object) -> dict[str, Any]:
        """What Level 1 sends for a failed disk; a new ticket each time."""
        self.count += 1
        return {
            "ticket": {
                "system": "console",
                "id": f"T-{self.count}",
                "url": "https://tickets.example/1",
                "subject": "Disk failed",
                "channel": "ticket",
                "opened_at": "2026-11-30T07:00:00Z",
            },
            "asset": "SRV-1",
            "job_kind": "disk_swap",
            "reason": "server_issue",
            "priority": "high",
            "summary": "Disk in bay 3 has failed.",
            "tried": "Rebooted the monitoring agent.",
            "answers": {"bay": "3"},
            "team": "data_center",
            **changes,
        }

    def order(self, who: str = "lena", **changes: object) -> Any:
        """Escalate; the work order."""
        response = self.post(who, "/escalations", self.escalation(**changes))
        assert response.status_code == 201, response.text
        assert response.json is not None
        return response.json["work_order"]

    def answer(self, document: DiagnosticsDocument | None = None) -> None:
        """Play the site's worker: end every open diagnostics with this document and run what waits for it."""
        with self.app.app_context(), transaction() as session:
            asked = session.scalars(select(Diagnostics).where(Diagnostics.state != "done")).all()
            for one in asked:
                running = begin(session, one.id, now=true_now())
                assert running is not None
                done = document or healthy_server(one.asset.tag)
                assert finish(session, running, replace(done, id=str(one.id), taken_at=clock.business_now()))
        self.go_on()

    def go_on(self) -> None:
        """Run what waits for diagnostics that are there."""
        with self.app.app_context():
            with transaction() as session:
                waiting = session.execute(
                    text("DELETE FROM procrastinate_jobs WHERE task_name LIKE 'jobs.%' RETURNING task_name, args")
                ).all()
            run = {"jobs.before_taken": tasks.before_taken, "jobs.after_taken": tasks.after_taken}
            for name, arguments in waiting:
                run[name](**arguments)

    def tick(self) -> None:
        """Let the minute's clockwork run."""
        with self.app.app_context():
            tasks.tick()

    def messages(self, subject: str) -> list[Message]:
        """What the ticket was told of an order or referral, in order."""
        with self.app.app_context(), transaction() as session:
            query = select(Message).where(Message.subject == subject).order_by(Message.seq)
            return list(session.scalars(query).unique())

    def to_matched(self, number: str, who: str = "tess") -> Any:
        """Claim, diagnose and check the server, as a technician would."""
        self.act(who, number, "claim")
        self.answer(server_with_lost_input("SRV-1"))
        return self.act(who, number, "match", rack="B17", tag="SRV-1", light="seen", face="front", serial="CZ12345")

    def do_steps(self, number: str, who: str = "tess") -> None:
        """Do every step with the evidence that it asks for."""
        given = {
            "tick": {}, "scan": {"code": "L-1"}, "photo": {"photo": "p-1"}, "reading": {"value": 1, "unit": "A"},
            "serial": {"serial": "NEW-1"}, "second_person": {"confirm": True},
        }  # fmt: skip
        for step in self.get(who, f"/work-orders/{number}")["steps"]:
            by = "tom" if step["evidence"] == "second_person" else who
            self.act(by, number, "step", id=step["id"], evidence=given[step["evidence"]])


@pytest.fixture(scope="session")
def template(postgres_url: str, template: str) -> str:
    """The schema with the hall's people and machines in it, to clone from: entered once, not for every test."""
    name = f"template_hall_{uuid4().hex[:8]}"  # folders that borrow this make one of their own
    administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    app = bare_app(sibling(postgres_url, name))
    with app.app_context():
        with transaction() as session:
            furnish(session)
        db.session.remove()
        db.engine.dispose()
    prepare(sibling(postgres_url, name))
    return name


@pytest.fixture
def hall(web_app: APIFlask, at: Callable[[datetime], None]) -> Hall:
    """AMS1 on a Monday at 09:00 with two technicians and five servers, MIA1 with one of each."""
    programs = {}
    with web_app.app_context(), transaction() as session:
        if session.scalar(select(Site.id).limit(1)) is None:
            furnish(session)
        for someone in session.scalars(select(Person).where(Person.name.in_(PEOPLE))):
            _, secret = create_token(session, someone, name="test", by="test", now=true_now())
            programs[someone.name] = Program(web_app.test_client(), secret)
    at(MONDAY - timedelta(seconds=20))
    return Hall(web_app, programs)


@pytest.fixture
def sign_in(hall: Hall) -> Callable[[str], Browser]:
    """Somebody of the hall, signed in before the pages."""

    def open_browser(name: str) -> Browser:
        with hall.app.app_context(), transaction() as session:
            set_password(session, person_named(session, name), PASSWORD, by="test", now=true_now())
        browser = Browser(hall.app.test_client())
        assert browser.sign_in(name).status_code == 303
        return browser

    return open_browser


def furnish(session: Session) -> None:
    """Enter the hall: sites, people, rosters, machines and what feeds them."""
    session.add(Site(code="AMS1", name="Data center AMS1", time_zone="Europe/Amsterdam"))
    session.add(Site(code="MIA1", name="Data center MIA1", time_zone="America/New_York"))
    session.flush()
    for name, role in PEOPLE.items():
        _enlist(session, name, role)
    for code, technicians in (("AMS1", ("tess", "tom")), ("MIA1", ("mia",))):
        where = session.scalars(select(Site).where(Site.code == code)).one()
        for name in technicians:
            someone, since = person_named(session, name), date(2026, 1, 1)
            roster(session, someone, where, hours="Mon-Fri 08:00-17:00", valid_from=since, by="test", now=LONG_AGO)
        _machines(session, where, code)


def _enlist(session: Session, name: str, role: str) -> None:
    title, _, code = role.partition("@")
    someone = add_person(session, name=name, full_name=f"{name.title()} Surname", by="test", now=LONG_AGO)
    where = session.scalar(select(Site).where(Site.code == code))
    grant(session, someone, Role(title), where, by="test", now=LONG_AGO)


def _machines(session: Session, where: Site, code: str) -> None:
    prefix = "SRV" if code == "AMS1" else code
    pdu = add_asset(session, where, Entry(f"{prefix}-PDU", "pdu"), by="test", now=LONG_AGO)
    for number in range(1, 6):
        entry = Entry(f"{prefix}-{number}", "server", serial="CZ12345" if number == 1 else f"SN-{code}-{number}")
        machine = add_asset(session, where, entry, by="test", now=LONG_AGO)
        place_asset(session, machine, Position("B17", "2.04", number * 2), by="test", now=LONG_AGO)
        set_power_cord(session, machine, psu="2", pdu=pdu, outlet=str(number), by="test", now=LONG_AGO)
