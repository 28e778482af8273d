"""Real mail servers behind bad lines, workers killed at every step: no mail is lost, none stands there twice."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app.core.database import transaction
from app.tickets import intake, operations, queries
from app.tickets.models import Message
from app.tickets.systems._mail import number_of
from lab.fixtures import need
from lab.mail_servers import PASSWORD, USER, Imap, Smtp, imap_server, smtp_server
from tests.integration.tickets.between import Fault
from tests.integration.tickets.conftest import NOW
from tests.integration.tickets.lines import Bad, Lines, Stop, lines_to
from tests.integration.tickets.test_email import mail
from tests.integration.tickets.workers import SECRET, be_forgotten_for, central_worker, unsent, waiting_for_locks
from tests.waiting import wait_until

log = logging.getLogger(__name__)

TEAM = "team@rackside.test"
SHARE = 0.3
QUICK = (Fault.DROP, Fault.MUTE, Fault.CUT)
ALL = (*QUICK, Fault.LATE, Fault.DRIP)


@dataclass
class Post:
    """The mail of a house: its servers, the lines to them, what customers wrote and what was told them."""

    imap: Imap
    smtp: Smtp
    into: Lines
    out: Lines
    written: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)

    @property
    def integrations(self) -> dict[str, dict[str, object]]:
        settings: dict[str, object] = {
            "system": "email", "address": USER, "imap": self.into.url, "smtp": self.out.url, "user": USER,
            "password": PASSWORD, "token_secret": SECRET, "colleagues": TEAM,
        }  # fmt: skip
        return {"email": settings}

    def open(self, number: str, *, times: int = 1) -> str:
        """A customer's mail that opens a ticket, brought so many times by its own server; the ticket's number."""
        ticket = number_of(f"m{number}@client.test")
        for _ in range(times):
            self.imap.deliver(mail(f"Opened {number}.", number))
        self.written[ticket] = [f"Opened {number}."]
        return ticket

    def write(self, first: str, number: str, *, times: int = 1) -> None:
        """A customer's next mail in the ticket that the mail `first` opened."""
        for _ in range(times):
            self.imap.deliver(mail(f"Number {number}.", number, In_Reply_To=f"<m{first}@client.test>"))
        self.written[number_of(f"m{first}@client.test")].append(f"Number {number}.")

    def tell(self, ticket: str, *, internal: bool) -> None:
        """A message for the customer, and perhaps for colleagues; it is to be a mail to each."""
        seq = len(self.told.setdefault(ticket, []))
        with transaction() as session:
            row = operations.ticket_of(
                session, "email", ticket, url=None, subject="Disk failed", channel="email", opened_at=NOW, now=NOW
            )
            made: Message = operations.tell(
                session, row, kind="booked", subject="WO-2026-000001", key=f"{ticket}:{seq}", now=NOW,
                public=f"Word {seq}.", internal="For colleagues." if internal else None,
            )  # fmt: skip
            self.told[ticket] += [f"{made.id}.public", f"{made.id}.internal"] if internal else [f"{made.id}.public"]

    def came_in(self) -> dict[str, list[str]]:
        """What stands in the tickets, as it came in."""
        with transaction() as session:
            rows = {ticket: queries.find_ticket(session, "email", ticket) for ticket in self.written}
            found = {ticket: row.id for ticket, row in rows.items() if row}
            return {ticket: [one.text for one in queries.entries(session, row)] for ticket, row in found.items()}

    def went_out(self) -> dict[str, list[str]]:
        """What was on the wire for each ticket: the mails' numbers, each where it was first seen."""
        seen = dict.fromkeys(f"{one['Message-ID']}".strip("<>").partition("@")[0] for one in list(self.smtp.taken))
        return {
            ticket: [number.partition(".")[2] for number in seen if number.startswith(f"{ticket}-")]
            for ticket in self.told
        }

    def is_one_mail_per_number(self) -> bool:
        """Whether the same Message-ID never stood over two different mails."""
        mails = {(one["Message-ID"], one["To"], one.get_content()) for one in self.smtp.taken}
        return len(mails) == len({number for number, *_ in mails})


@pytest.fixture
def post() -> Iterator[Post]:
    need("dovecot")
    with imap_server() as imap, smtp_server() as (url, smtp), lines_to(imap.url) as into, lines_to(url) as out:
        yield Post(imap, smtp, into, out)


def is_over(post: Post) -> bool:
    """Whether all is in and out; the mailbox is read again at once, and not in fifteen seconds only."""
    with transaction() as session:
        intake.wake(session, "email")
    return unsent() == 0 and post.came_in() == post.written


def has_connected(post: Post, times: int) -> bool:
    return post.into.connections + post.out.connections >= times


@pytest.mark.parametrize(
    ("count", "kills", "faults"),
    [(2, 1, QUICK), pytest.param(60, 15, ALL, marks=pytest.mark.proof)],
    ids=["short", "long"],
)
def test_over_bad_lines_and_through_kills_every_mail_comes_in_once_and_goes_out_under_one_id_in_order(
    app: Flask, database: str, tmp_path: Path, post: Post, count: int, kills: int, faults: tuple[Fault, ...]
) -> None:
    dice, lock, began = random.Random(11), threading.Lock(), time.monotonic()

    def choose(kind: str, _: int) -> Bad:
        with lock:
            if dice.random() >= SHARE:
                return Bad()
            doubled = (Fault.DOUBLE,) if kind == "smtp" else ()  # to a mailbox a doubled mail is what doubling means
            return Bad(dice.choice(faults + doubled), dice.randint(0, 12))

    def twice() -> int:
        return 2 if dice.random() < SHARE else 1

    tickets = [post.open(f"{number}", times=twice()) for number in range(count)]
    for number, ticket in enumerate(tickets):
        for _ in range(2):
            post.tell(ticket, internal=number % 2 == 0)
    post.into.choose, post.out.choose = partial(choose, "imap"), partial(choose, "smtp")
    for kill in range(kills):
        enough = post.into.connections + post.out.connections + dice.randint(3, 20)
        with central_worker(database, tmp_path, post.integrations):
            wait_until(partial(has_connected, post, enough), within_s=120)
        be_forgotten_for(60)
        post.write(f"{kill}", f"again-{kill}", times=twice())
        post.tell(tickets[kill], internal=False)
    with central_worker(database, tmp_path, post.integrations):
        wait_until(partial(is_over, post), within_s=60 + 20 * count, every_s=1)
    log.info(
        "%d tickets, %d kills: %.0f s, %d mails on the wire for %d, %d + %d connections", count, kills,
        time.monotonic() - began, len(post.smtp.taken), sum(map(len, post.told.values())), post.into.connections,
        post.out.connections,
    )  # fmt: skip
    assert post.went_out() == post.told
    assert post.is_one_mail_per_number()


WORDS = {
    "imap": (
        b"LOGIN", b"EXAMINE", b"STATUS", b"UID SEARCH", b"BODY.PEEK[HEADER]", b"BODY.PEEK[]", b"APPEND", b"LOGOUT",
    ),
    "smtp": (b"EHLO", b"MAIL FROM", b"RCPT TO", b"DATA\r\n", b"\r\n.\r\n", b"QUIT"),
}  # fmt: skip
STEPS = [
    (kind, Stop(word, answered)) for kind, words in WORDS.items() for word, answered in product(words, (False, True))
]
COMMITS = ("message", "feed", "ticket_entry")
FEW = [("smtp", Stop(b"\r\n.\r\n", answered=True)), ("imap", Stop(b"BODY.PEEK[]", answered=True))]


Reached = Callable[[], bool]


@contextmanager
def held_at(post: Post, kind: str, stop: Stop) -> Iterator[Reached]:
    """While the block runs nothing passes that word; whether somebody stands before it."""
    lines = post.into if kind == "imap" else post.out
    lines.stop = stop
    yield lines.holding.is_set
    lines.release()


@contextmanager
def held_before_commit(database: str, table: str) -> Iterator[Reached]:
    """While the block runs nobody can write into a table; whether somebody wants to."""
    with psycopg.connect(database.replace("+psycopg", "")) as holder:
        holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield lambda: waiting_for_locks() >= 1


@pytest.mark.parametrize(
    ("steps", "commits"),
    [(FEW, ["message", "ticket_entry"]), pytest.param(STEPS, COMMITS, marks=pytest.mark.proof)],
    ids=["short", "long"],
)
def test_a_worker_killed_at_each_step_leaves_no_mail_behind_and_doubles_none_in_a_ticket(
    app: Flask, database: str, tmp_path: Path, post: Post, steps: Sequence[tuple[str, Stop]], commits: Sequence[str]
) -> None:
    ticket = post.open("0")
    holds = [partial(held_at, post, kind, stop) for kind, stop in steps]
    holds += [partial(held_before_commit, database, table) for table in commits]
    for number, hold in enumerate(holds, 1):
        post.write("0", f"{number}")
        post.tell(ticket, internal=number % 2 == 0)
        be_forgotten_for(60)
        with hold() as reached, central_worker(database, tmp_path, post.integrations):
            wait_until(reached, within_s=40)
    be_forgotten_for(60)
    with central_worker(database, tmp_path, post.integrations):
        wait_until(partial(is_over, post), within_s=60, every_s=1)
    assert post.went_out() == post.told
    assert post.is_one_mail_per_number()
