"""The hall with a real Request Tracker as its ticket system: what a customer writes there, and reads there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.language import Language
from app.jobs import tasks
from app.tickets import intake, integrations
from app.tickets import tasks as tickets_tasks
from app.tickets.models import Message, Ticket
from app.tickets.rules.plain import tidy
from app.tickets.systems.request_tracker import FIRST_LOOK_BACK
from app.tickets.systems.request_tracker import RequestTracker as System
from lab.fixtures import need
from lab.request_tracker import BOT, QUEUE, RequestTracker, request_tracker
from tests.integration.jobs.conftest import Hall
from tests.waiting import wait_until

NAME = "rt"


def running(folder: Path) -> Iterator[RequestTracker]:
    """For a fixture of a module: one RT for all its tests."""
    need("rt-setup-database-5")
    with request_tracker(folder) as tracker:
        yield tracker


@dataclass
class Desk:
    """One ticket of the customer in RT, in the customer's `language`, and what the workers of the center do."""

    hall: Hall
    tracker: RequestTracker
    language: Language = Language.ENGLISH
    number: str = field(default="")

    def opens(self, subject: str, words: str) -> None:
        """The customer opens a ticket; it comes in and is acknowledged."""
        system = System(url=self.tracker.url, queue=QUEUE, user=BOT, token=self.tracker.token)
        integrations.install(self.hall.app, {NAME: system}, {NAME: self.language})
        with self.hall.app.app_context(), transaction() as session:  # the tickets of other tests are over
            floor = json.loads(system.poll(None).cursor)["floor"] + FIRST_LOOK_BACK
            intake.reconciling(session, NAME, (), (), true_now())
            intake.owe(session, NAME, (), cursor=json.dumps({"floor": floor}))
        self.number = self.tracker.open_ticket(subject, words)
        self.work()

    def writes(self, words: str) -> None:
        """The customer answers in the ticket; it comes in."""
        self.tracker.write(self.number, words)
        self.work()

    def work(self) -> None:
        """Let the workers of the center read, acknowledge and deliver until nothing is left to do."""
        with self.hall.app.app_context():
            tickets_tasks.poll(integration=NAME)
            with transaction() as session:
                heard = "DELETE FROM procrastinate_jobs WHERE task_name = 'jobs.ticket_heard' RETURNING args"
                rung = list(session.execute(text(heard)).scalars())
            for arguments in rung:
                tasks.ticket_heard(**arguments)
            with transaction() as session:
                # RT lives in true time, the hall in a week of its own: its tickets are opened in that
                session.execute(text("UPDATE ticket SET opened_at = :now"), {"now": business_now()})
            tasks.acknowledge()
            wait_until(lambda: not self._deliver(), within_s=120, every_s=1)

    def _deliver(self) -> int:
        """Bring what is due; how many messages are still on their way (a busy RT is asked again in a while)."""
        with transaction() as session:
            due = session.query(Message.ticket_id).filter_by(state="pending").distinct().all()
        for (ticket_id,) in due:
            tickets_tasks.deliver(ticket_id=ticket_id)
        with transaction() as session:
            return session.query(Message).filter_by(state="pending").count()

    def ticket(self) -> dict[str, Any]:
        """How an escalation names it."""
        with self.hall.app.app_context(), transaction() as session:
            known = session.query(Ticket).filter_by(system=NAME, external_id=self.number).one()
            return {
                "system": NAME, "id": self.number, "url": known.url, "subject": known.subject, "channel": "ticket",
                "opened_at": known.opened_at.isoformat(),
            }  # fmt: skip

    def status(self) -> str:
        """The ticket's own."""
        status: str = self.tracker.call("GET", f"ticket/{self.number}")["Status"]
        return status

    def reads(self) -> list[str]:
        """What the customer reads in RT that we wrote, in order, by the customer's own account."""
        query = f"transactions?query=TicketId = {self.number} AND Creator = '{BOT}'&fields=Type&per_page=100"
        seen = {one["id"]: one["Type"] for one in self.tracker.call("GET", query, as_user="carla")["items"]}
        assert set(seen.values()) <= {"Correspond", "Status"}, "a note between colleagues shows"
        wanted = [
            {"field": "TransactionId", "value": one, "entry_aggregator": "OR"}
            for one, kind in seen.items()
            if kind == "Correspond"
        ]
        if not wanted:
            return []
        path = f"attachments?query={json.dumps(wanted)}&fields=Content&orderby=id&order=ASC&per_page=100"
        parts = self.tracker.call("GET", path, as_user="carla")["items"]
        return [tidy(one["Content"]) for one in parts if one["Content"]]

    def told(self) -> list[str]:
        """The kinds of what the customer was told, after making sure that RT shows each once and in order."""
        self.work()
        with self.hall.app.app_context(), transaction() as session:
            query = session.query(Message).join(Ticket).filter_by(system=NAME, external_id=self.number)
            ours = query.order_by(Message.seq).all()
        assert [one.problem for one in ours if one.state != "sent"] == []
        public = [one for one in ours if one.public_text]
        assert self.reads() == [tidy(one.public_text or "") for one in public]
        return [one.kind for one in public]
