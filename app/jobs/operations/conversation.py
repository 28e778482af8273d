"""The ticket hears of it: each change of an order becomes one message in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.hardware.queries import tags_beside
from app.jobs.kinds import KINDS
from app.jobs.messages import OrderFacts, Range, ReferralFacts
from app.jobs.models import Referral, WorkOrder
from app.jobs.operations.act import Act
from app.jobs.operations.wordings import compose
from app.jobs.queries_tickets import is_served, linked_tickets
from app.jobs.states import OrderState
from app.jobs.teams import TEAMS, Team
from app.tickets.integrations import language_of
from app.tickets.operations import tell
from app.tickets.system import Status

Promise = tuple[datetime | None, datetime | None]


def _range(promise: Promise) -> Range | None:
    begins, ends = promise
    return (begins, ends) if begins and ends else None


def facts_of(session: Session, order: WorkOrder) -> OrderFacts:
    """What any message may say of this order, and which words of it the customer must not read (one query)."""
    asset = order.asset
    people = (order.holder, order.appointment.technician if order.appointment else None)
    surnames = [name for person in people if person for name in person.full_name.split()[1:]]
    secret = [asset.serial, asset.rack.name if asset.rack else None, asset.rack.room if asset.rack else None]
    secret += [order.removed_serial, order.installed_serial, order.part_serial, order.part_location, *surnames]
    secret += tags_beside(session, asset.id)
    promised = (order.promise_from, order.promise_to)
    return OrderFacts(
        number=order.number,
        title=KINDS[order.job_kind].title,
        server=asset.tag,
        site_name=order.site.name,
        time_zone=order.site.time_zone,
        minutes=order.minutes,
        promise=_range(promised),
        promise_finish=order.promise_finish,
        explanation=tuple(order.promise_explanation or ()),
        started_at=order.started_at,
        finished_at=order.finished_at,
        confirm_by=order.confirm_by,
        outcome=order.outcome or "",
        internals=tuple(word for word in secret if word),
    )


def booked(act: Act) -> None:
    """It is booked."""
    _tell(act, "booked", facts_of(act.session, act.order))


def moved(act: Act, why: str | None, *, previous: Promise) -> None:
    """Another time than promised before."""
    _tell(act, "moved", replace(facts_of(act.session, act.order), why=why or "", previous=_range(previous)))


def reopened(act: Act, why: str | None) -> None:
    """The same order goes on."""
    _tell(act, "reopened", replace(facts_of(act.session, act.order), why=why or ""))


NEXT: Mapping[str, str] = {
    "answers": "our Level 1 engineers ask you here for what is missing; once it is answered, it is booked.",
    "approval": "a manager decides, and we tell you here; with a yes it is booked at once.",
    "consent": "please answer here with yes or no. With your yes it is booked at once; without it nothing is done.",
    "part": "once the part is here, it is booked and we tell you the time.",
    "technician": "we look for a technician's time, and tell you here when it is booked.",
}


def waiting(act: Act, why: str = "") -> None:
    """It waits: for what and for whom. `why` is what the customer is told of the reason."""
    _tell_waiting(act, "waiting", why)


def reminder(act: Act, why: str) -> None:
    """It still waits for the customer, who is asked once more."""
    _tell_waiting(act, "reminder", why)


def _tell_waiting(act: Act, kind: str, why: str) -> None:
    order = act.order
    what = order.waiting_what or ""
    facts = replace(
        facts_of(act.session, order), why=why, waiting_for=what, waiting_who=order.waiting_who or "",
        waiting_until=order.waiting_until, next_steps=NEXT.get(what, ""),
    )  # fmt: skip
    _tell(act, kind, facts, words="waiting")


def started(act: Act) -> None:
    """A technician is at work."""
    _tell(act, "started", facts_of(act.session, act.order))


def finished(act: Act) -> None:
    """The hands are done."""
    _tell(act, "finished", facts_of(act.session, act.order))


def handed_over(act: Act, why: str) -> None:
    """It goes on another day."""
    facts = replace(facts_of(act.session, act.order), why=why, safe_state=act.order.safe_state or "")
    _tell(act, "handed_over", facts)


def cancelled(act: Act, why: str) -> None:
    """It will not be done."""
    _tell(act, "cancelled", replace(facts_of(act.session, act.order), why=why))


def closing_report(act: Act) -> None:
    """What was found, done and proved; and the question whether it works."""
    order = act.order
    facts = replace(
        facts_of(act.session, order),
        found=findings_in_words(order.before_document),
        done=KINDS[order.job_kind].title,
        before=findings_in_words(order.before_document),
        after=findings_in_words(order.after_document),
    )
    _tell(act, "closed_report", facts)


def closed(act: Act, why: str) -> None:
    """It is closed."""
    _tell(act, "closed", replace(facts_of(act.session, act.order), why=why))


def remark(act: Act, text: str) -> None:
    """A person's own words."""
    _tell(act, "remark", replace(facts_of(act.session, act.order), why=text))


def colleagues(act: Act, kind: str, text: str) -> None:
    """A word for colleagues alone, into the order's ticket: Level 1 reads it there, the customer does not."""
    order = act.order
    tell(
        act.session, order.ticket, kind=kind, subject=order.number, now=act.now, internal=text,
        key=f"{order.number}:{kind}:{order.version}", automatic=True,
    )  # fmt: skip


def late(act: Act, why: str, *, previous: Promise) -> None:
    """It takes longer than promised: the new time and why, before the old one passes."""
    facts = replace(facts_of(act.session, act.order), why=why, previous=_range(previous), next_steps=GOES_ON)
    if act.order.state == OrderState.WORKING:  # it has started: only its end is news
        facts = replace(facts, promise=None, previous=None)
    _tell(act, "late", facts)


def progress(act: Act, status: str) -> None:
    """The regular sign of life; at most one an hour."""
    order = act.order
    facts = replace(facts_of(act.session, order), status=status, next_steps=NEXT.get(order.waiting_what or "", GOES_ON))
    texts = compose(act.session, "progress", facts, language_of(order.ticket))
    tell(
        act.session, order.ticket, kind="progress", subject=order.number, now=act.now, public=texts.public,
        internal=texts.internal, key=f"{order.number}:progress:{act.now:%Y-%m-%dT%H:%M}", automatic=True,
    )  # fmt: skip


GOES_ON = "we tell you here as soon as there is news."


def referred(session: Session, referral: Referral, now: datetime, *, automatic: bool = False) -> None:
    """Another team has it. `automatic`: a program asked, not a person."""
    hours = TEAMS[Team(referral.team)]
    facts = ReferralFacts(
        number=referral.number, team=hours.title, time_zone=hours.time_zone, why=referral.why,
        next_steps=referral.next_steps, opens_at=referral.team_opens_at, promise_to=referral.promise_to,
        explanation=tuple(referral.promise_explanation),
    )  # fmt: skip
    _tell_referral(session, referral, "referred", facts, now, automatic=automatic)


def answered(session: Session, referral: Referral, now: datetime) -> None:
    """The other team's answer."""
    hours = TEAMS[Team(referral.team)]
    facts = ReferralFacts(
        number=referral.number, team=hours.title, time_zone=hours.time_zone, answer=referral.answer or ""
    )
    _tell_referral(session, referral, "answered", facts, now)


def findings_in_words(document: dict[str, Any] | None) -> str:
    """What diagnostics found, for a customer: titles only, or that nothing is wrong."""
    if not document:
        return "The server's own diagnostics were not available."
    titles = [finding["title"] for finding in document.get("findings", [])]
    if titles:
        return "; ".join(titles) + "."
    return "No fault found." if document.get("complete") else "No fault found, but not every source answered."


def _tell(act: Act, kind: str, facts: OrderFacts, *, words: str | None = None) -> None:
    """One message into every ticket that the order serves, in its customer's language; `words`: if not the kind's."""
    order = act.order
    key = f"{order.number}:{kind}:{order.version}"
    for ticket in (order.ticket, *linked_tickets(act.session, order)):
        own = key if ticket.id == order.ticket_id else f"{key}:{ticket.id}"
        texts = compose(act.session, words or kind, facts, language_of(ticket))
        tell(
            act.session, ticket, kind=kind, subject=order.number, key=own, now=act.now, public=texts.public,
            internal=texts.internal, automatic=act.is_automatic, status=_status(act, kind, ticket.id),
        )  # fmt: skip


def _status(act: Act, kind: str, ticket_id: int) -> Status | None:
    """The ticket is resolved with the last order that serves it, and open again with one that goes on."""
    if kind == "reopened":
        return Status.OPEN
    return Status.RESOLVED if kind == "closed" and not is_served(act.session, ticket_id, but=act.order) else None


def _tell_referral(
    session: Session, referral: Referral, kind: str, facts: ReferralFacts, now: datetime, *, automatic: bool = False
) -> None:
    texts = compose(session, kind, facts, language_of(referral.ticket))
    tell(
        session, referral.ticket, kind=kind, subject=referral.number,
        key=f"{referral.number}:{kind}:{referral.version}", now=now, public=texts.public, internal=texts.internal,
        automatic=automatic,
    )  # fmt: skip
