"""A mail room in the midst of its day: what customers wrote in two languages, and all that can go wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.jobs.alerts.targets import Target
from app.jobs.models import Alert, WorkOrder
from app.jobs.operations import alerting
from app.tickets import intake
from app.tickets.models import Ticket
from app.tickets.operations import lease_next, settle, tell
from app.tickets.system import Entry, EntryKind, Outcome, Rejected, Sent, Snapshot
from tests.integration.jobs.conftest import Hall

Said = tuple[int, EntryKind, str, str]

KARLA: Final = "karla.kundin@hoster.example"
LONG: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
GERMAN: Final[Sequence[Said]] = [
    (
        50,
        EntryKind.OPENED,
        KARLA,
        "Guten Morgen,\n\nseit heute früh piept unser Server SRV-5 im Rack B17, und die Website ist langsam. In der "
        "Oberfläche steht „Netzteil 2: kein Eingang“. Können Sie bitte nachsehen? Wir haben um 12 Uhr eine "
        "Produktvorstellung.\n\nViele Grüße\nKarla Kundin",
    ),
    (41, EntryKind.NOTE, "lena", "Zweites Netzteil prüfen, Wartungsvertrag liegt vor."),
    (12, EntryKind.CUSTOMER, KARLA, "Gibt es schon etwas Neues? Die Vorstellung beginnt in einer halben Stunde."),
]
ENGLISH: Final[Sequence[Said]] = [
    (
        34,
        EntryKind.OPENED,
        "carl@client.example (address not confirmed)",
        f"Hello, the array on SRV-2 reports a failed disk since 9:40. The volume is called {LONG}.",
    ),
]
NOBODY: Final[Sequence[Said]] = [(5, EntryKind.OPENED, "nobody (address not confirmed)", "please call me")]
FOLLOW_UP: Final[Sequence[Said]] = [
    (3, EntryKind.CUSTOMER, "Carla Client", "You may take it down now, the backup is done.")
]


def comes_in(
    hall: Hall, number: str, subject: str, said: Sequence[Said], *, system: str = "mail", language: str | None = None
) -> int:
    """A ticket with what was said in it, each so many minutes ago; its number here."""
    now = business_now()
    entries = tuple(
        Entry(f"{number}-{ago}", kind, now - timedelta(minutes=ago), by, words) for ago, kind, by, words in said
    )
    seen = Snapshot(
        ticket=number, subject=subject, url=None, channel="email", opened_at=entries[0].at, closed=False,
        entries=entries, language=language,
    )  # fmt: skip
    with hall.app.app_context(), transaction() as session:
        return intake.take_in(session, system, seen, now=now).id


def a_full_mailroom(hall: Hall, order: str) -> list[int]:
    """Tickets of every sort, the numbers of the two that tell most; mails and alerts that did not get through."""
    with hall.app.app_context(), transaction() as session:
        served = session.scalars(select(WorkOrder).where(WorkOrder.number == order)).one().ticket
        system, number, subject = served.system, served.external_id, served.subject
    german = comes_in(hall, "kivz36h3ndaq2lxe", "SRV-5 piept, Website langsam", GERMAN, language="de")
    english = comes_in(hall, "b7qotn5wxg2hrl4c", "Re: Re: disk failed in SRV-2 (urgent!!!), please look", ENGLISH)
    comes_in(hall, "x2mzrn4tqvb7kd3f", "(no subject)", NOBODY)
    comes_in(hall, number, subject, FOLLOW_UP, system=system)
    with hall.app.app_context(), transaction() as session:
        answer(session, german, "Guten Morgen, wir sehen sofort nach und melden uns um 11:45 Uhr.", Sent("250"))
        answer(session, english, "We are looking into it.", Rejected("the address is refused: 550"))
        went_wrong(session, business_now())
    return [german, english]


def answer(session: Session, ticket_id: int, words: str, outcome: Outcome) -> None:
    """Level 1's words into a ticket, twenty minutes ago, and what became of them."""
    then = business_now() - timedelta(minutes=20)
    ticket = session.get_one(Ticket, ticket_id)
    tell(session, ticket, kind="reply", subject=f"ticket {ticket_id}", key=words, now=then, public=words)
    intake.handle(session, ticket, by="lena", now=then)
    while (lease := lease_next(session, ticket_id)) is not None:
        settle(session, lease, outcome, now=then, jitter=0.5)


def went_wrong(session: Session, now: datetime) -> None:
    """A mailbox whose certificate is too old, another that is not read, and an alert that nobody took."""
    since = true_now() - timedelta(minutes=25)
    old = "the certificate of mail.example.com:993 is not accepted (certificate has expired): "
    said = f"The mailbox of support@example.com: {old}have it renewed, and see that both clocks are right."
    intake.found_faulty(session, "mail", said, since)
    intake.read_badly(session, "rt-hosting", "no answer within 10 s", now=since)
    news = list(alerting.news_of_integrations(session, true=true_now()))
    alerting.tell_managers(session, news, [Target("managers", "mailtos://nowhere")], now - timedelta(minutes=20))
    session.execute(update(Alert).values(state="dead", attempts=18, problem="it was not taken; nothing more is known"))
