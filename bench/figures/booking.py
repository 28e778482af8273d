"""Booking one order where there are a million, beside the same where there are a thousand."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from random import Random

from apiflask import APIFlask
from sqlalchemy import select

from app.core.clock import true_now
from app.core.database import db, transaction
from app.core.settings import from_environment
from app.hardware.models import Asset
from app.people.operations.tokens import create_token
from app.people.queries import person_named
from app.web.app import create_app
from bench.crowd import WHOLE, Size, at_hand
from bench.harness import Bar, Figure, Group, Measures, Trial

OURS, PEER = "1,000,000 orders", "1,000 orders"
FEW = Size(orders=1000)
BOOKED = 100  # in a round: of 25, p95 is the slowest one, and tells of the machine's other work


class Desk:
    """A program of Level 1 that escalates, over one database."""

    def __init__(self, database: str, folder: str) -> None:
        self.app: APIFlask = create_app(from_environment({"DATABASE_URL": database, "RACKSIDE_INSTANCE": folder}))
        with self.app.app_context(), transaction() as session:
            someone = person_named(session, "lena1")
            _, self._token = create_token(session, someone, name="bench", by="bench", now=true_now(), scopes=None)
            tags = list(session.scalars(select(Asset.tag).where(Asset.role == "server").order_by(Asset.id)))
        Random(7).shuffle(tags)  # noqa: S311 -- the same machines on both sides
        self._tags = itertools.cycle(tags)

    def book(self) -> Measures:
        """Escalate so many tickets, each for another machine; raises RuntimeError when one is not booked."""
        client, took = self.app.test_client(), []
        for _ in range(BOOKED):
            body = asked(next(self._tags))
            begun = time.perf_counter()
            response = client.post("/api/v1/escalations", json=body, headers={"Authorization": f"Bearer {self._token}"})
            took.append((time.perf_counter() - begun) * 1000)
            order = (response.json or {}).get("work_order") or {}
            if response.status_code != 201 or order.get("state") not in {"booked", "released"}:
                raise RuntimeError(f"not booked: {response.status_code} {response.text[:300]}")
        return {"p50_ms": statistics.median(took), "p95_ms": statistics.quantiles(took, n=20)[-1]}

    def close(self) -> None:
        """Let the database go."""
        with self.app.app_context():
            db.engine.dispose()


def asked(tag: str) -> dict[str, object]:
    """What Level 1 sends for a failed disk, with a ticket of its own."""
    ticket = {"system": "console", "id": secrets.token_hex(8), "subject": "Disk failed", "channel": "ticket"}
    return {
        "ticket": {**ticket, "url": "https://tickets.example/1", "opened_at": "2026-11-20T07:00:00Z"},
        "asset": tag, "job_kind": "disk_swap", "reason": "server_issue", "priority": "high",
        "summary": "Disk in bay 3 has failed.", "tried": "Restarted the agent.", "answers": {"bay": "3"},
        "team": "data_center",
    }  # fmt: skip


@contextlib.contextmanager
def prepared() -> Iterator[Mapping[str, Trial]]:
    """Both databases, with the same sites, machines and people."""
    with contextlib.ExitStack() as stack:
        desks = {}
        for side, size in ((OURS, WHOLE), (PEER, FEW)):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rackside-bench-"))
            desks[side] = Desk(stack.enter_context(at_hand(size)), folder)
            stack.callback(desks[side].close)
        yield {side: desk.book for side, desk in desks.items()}


GROUP = Group(
    name="booking",
    about="One escalation after the other through the API: ticket, order, appointment, record, message, in one commit. "
    "100,000 machines at 200 sites on both sides.",
    sides={OURS: "three hundred orders open at each site", PEER: "next to none open"},
    prepare=prepared,
    figures=(
        Figure("booking-p95", "booking one order: p95", "ms", Bar(1.3), "p95_ms", OURS, PEER),
        Figure("booking-p50", "booking one order: median", "ms", Bar(1.3), "p50_ms", OURS, PEER),
    ),
)
