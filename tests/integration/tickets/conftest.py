"""An app on a fresh database, a ticket in it, the console as its ticket system, and servers for mail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.core.database import bare_app, db, transaction
from app.tickets import integrations, operations
from app.tickets.models import Message, Ticket
from app.tickets.system import TicketSystem
from app.tickets.systems.console import Console
from lab.fixtures import need
from lab.mail_servers import Imap, Smtp, imap_server, smtp_server

NOW = datetime(2026, 11, 27, 15, 40, tzinfo=UTC)


@pytest.fixture
def app(database: str) -> Iterator[Flask]:
    """An app context over a fresh database; no integration yet."""
    app = bare_app(database)
    with app.app_context():
        yield app
        db.session.remove()


@dataclass(frozen=True, slots=True)
class Conversation:
    """One ticket and short words for what tests do with it."""

    ticket: Ticket

    def tell(
        self,
        key: str = "WO-2026-000001:booked:1",
        *,
        kind: str = "booked",
        public: str = "Hello.",
        automatic: bool = False,
    ) -> Message:
        with transaction() as session:
            return operations.tell(
                session, self.ticket, kind=kind, subject="WO-2026-000001", key=key, now=NOW, public=public,
                internal="For colleagues.", automatic=automatic,
            )  # fmt: skip

    def told(self) -> list[Message]:
        with transaction() as session:
            found = session.query(Message).filter_by(ticket_id=self.ticket.id).order_by(Message.seq)
            return found.populate_existing().all()


@pytest.fixture
def open_ticket(app: Flask) -> Callable[..., Conversation]:
    """Make a ticket of `system`."""

    def make(system: str = "console", external_id: str = "1", *, channel: str = "ticket") -> Conversation:
        with transaction() as session:
            ticket = operations.ticket_of(
                session, system, external_id, url=None, subject="Disk failed", channel=channel, opened_at=NOW, now=NOW
            )
        return Conversation(ticket)

    return make


@pytest.fixture
def use(app: Flask) -> Callable[..., None]:
    """Configure integrations by name."""

    def install(**systems: TicketSystem) -> None:
        integrations.install(app, systems)

    return install


@pytest.fixture
def let_pass(app: Flask) -> Callable[[timedelta], None]:
    """Move the queue's times back, as if that long had passed."""

    def move(span: timedelta) -> None:
        with transaction() as session:
            session.execute(
                text("UPDATE message SET next_at = next_at - :span, lease_until = lease_until - :span"), {"span": span}
            )

    return move


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """What the console wrote."""

    path: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def console(use: Callable[..., None], tmp_path: Path) -> ConsoleFile:
    """The integration "console", writing into a file."""
    path = tmp_path / "messages.jsonl"
    use(console=Console(path))
    return ConsoleFile(path)


@pytest.fixture
def imap() -> Iterator[Imap]:
    """A real Dovecot, with nothing in it."""
    need("dovecot")
    with imap_server() as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[tuple[str, Smtp]]:
    """Where mail is taken, and what was."""
    with smtp_server() as running:
        yield running
