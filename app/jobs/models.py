"""Tables of the work: escalations, work orders, steps, referrals, photos."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.hardware.models import Asset
from app.jobs.states import OrderState
from app.people.models import Person
from app.shifts.models import Appointment
from app.sites.models import Site
from app.tickets.models import Ticket

_STATES = ", ".join(f"'{state}'" for state in OrderState)
_OPEN = "state NOT IN ('closed', 'cancelled')"


SINCE = text("coalesce(waiting_since, finished_at, created_at)")  # how long an order waits, for those who look


class Escalation(Base):
    """What Level 1 asked for, as it was asked: never changed afterwards."""

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    job_kind: Mapped[str | None]
    team: Mapped[str]
    reason: Mapped[str]
    priority: Mapped[str]
    summary: Mapped[str]
    tried: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    not_before: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    diagnostics_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnostics.id"))

    ticket: Mapped[Ticket] = relationship()
    asset: Mapped[Asset | None] = relationship()


class WorkOrder(Base):
    """One job of hands on one machine. `version` rises with every change: the ETag and the compare-and-set."""

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("priority IN ('normal', 'high', 'urgent')", name="priority"),
        CheckConstraint("(waiting_what IS NULL) = (waiting_since IS NULL)", name="waiting"),
        CheckConstraint("conflicts_open >= 0", name="conflicts_open"),
        Index("uq_work_order_open_job", "ticket_id", "asset_id", "job_kind", unique=True,
              postgresql_where=text(_OPEN)),
        Index("ix_work_order_site_id_state", "site_id", "state"),
        Index("ix_work_order_site_id_created_at", "site_id", "created_at"),  # the report of a period
        Index("ix_work_order_site_id_id", "site_id", "id"),  # a site's orders, newest first
        Index("ix_work_order_asset_id", "asset_id"),
        Index("ix_work_order_ticket_id", "ticket_id"),
        Index("ix_work_order_state_id", "state", "id"),  # lists by state, and the clockwork every few seconds
        Index("ix_work_order_open_promise", "promise_to", postgresql_where=text(_OPEN)),
        Index("ix_work_order_open_coming", "promise_from", "id", postgresql_where=text(_OPEN)),
        Index("ix_work_order_open_since", SINCE, "id", postgresql_where=text(_OPEN)),
        Index("ix_work_order_flagged", "id", postgresql_where=text(f"flags <> '[]'::jsonb AND {_OPEN}")),
        Index("ix_work_order_holder_id", "holder_id"),
        Index("ix_work_order_unexplained", "finished_at", postgresql_where=text("outcome = 'no_fault_found'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalation.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    job_kind: Mapped[str]
    procedure_version: Mapped[int] = mapped_column(default=1)  # the one it was booked with, and its minutes:
    verify_minutes: Mapped[int] = mapped_column(default=5)  # of `minutes`: for the machine to prove it
    back_out_minutes: Mapped[int] = mapped_column(default=5)  # of `minutes`: to put all back as it was
    minutes: Mapped[int]
    priority: Mapped[str]
    summary: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    target: Mapped[str | None]  # number or bay of the part the job is about, from the finding
    not_before: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    promise_from: Mapped[datetime | None]
    promise_to: Mapped[datetime | None]
    promise_finish: Mapped[datetime | None]
    promise_explanation: Mapped[list[Any]] = mapped_column(default=list)

    approval_needed: Mapped[bool] = mapped_column(default=False)  # who granted it and why stands in the record
    consent_needed: Mapped[bool] = mapped_column(default=False)
    consent_url: Mapped[str | None]
    part_needed: Mapped[bool] = mapped_column(default=False)
    part_serial: Mapped[str | None]
    part_location: Mapped[str | None]
    open_question: Mapped[str | None]  # asked from the rack; answered beside the kind's own questions

    waiting_what: Mapped[str | None]
    waiting_who: Mapped[str | None]
    waiting_since: Mapped[datetime | None]
    waiting_until: Mapped[datetime | None]

    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime | None]
    permit: Mapped[dict[str, Any] | None]
    matched_at: Mapped[datetime | None]
    match: Mapped[dict[str, Any] | None]
    discrepancy: Mapped[dict[str, Any] | None]
    code_secret: Mapped[str | None]  # of the codes that Level 1 reads out; never leaves the server
    codes: Mapped[list[Any]] = mapped_column(default=list)  # read out: window, by, at, used_at
    sighting: Mapped[dict[str, Any] | None]  # of its power, by a person's own eyes
    power_left: Mapped[dict[str, Any] | None]  # why it is left with another power than it was found with
    stop: Mapped[dict[str, Any] | None]  # the last guard that stopped it, until something moves on again
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    removed_serial: Mapped[str | None]
    installed_serial: Mapped[str | None]
    note: Mapped[str | None]
    safe_state: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    confirm_by: Mapped[datetime | None]  # silence closes then
    flags: Mapped[list[Any]] = mapped_column(default=list)  # sentences for a person to look at
    conflicts_open: Mapped[int] = mapped_column(default=0)  # steps of which a person has to choose between two versions

    before_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnostics.id"))
    after_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnostics.id"))
    before_document: Mapped[dict[str, Any] | None]  # evidence stays with the order, whatever retention does
    after_document: Mapped[dict[str, Any] | None]
    comparison: Mapped[dict[str, Any] | None]

    site: Mapped[Site] = relationship(lazy="joined")
    asset: Mapped[Asset] = relationship(lazy="joined")
    ticket: Mapped[Ticket] = relationship(lazy="joined")
    escalation: Mapped[Escalation] = relationship(lazy="joined")
    appointment: Mapped[Appointment | None] = relationship(lazy="joined")
    holder: Mapped[Person | None] = relationship(lazy="joined")
    parent: Mapped[WorkOrder | None] = relationship(remote_side=[id])
    steps: Mapped[list[Step]] = relationship(
        lazy="selectin", order_by="Step.position", cascade="all, delete-orphan", back_populates="order"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- every UPDATE is a compare-and-set on the version


class PromiseTold(Base):
    """What the customer was promised from `at` on (business time); without times: it was taken back."""

    __tablename__ = "promise_told"
    __table_args__ = (Index("ix_promise_told_order_id_at", "order_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    at: Mapped[datetime]
    begin_by: Mapped[datetime | None]
    done_by: Mapped[datetime | None]


class OrderTicket(Base):
    """Another ticket that one order serves, too: its customer hears what the first one hears."""

    __tablename__ = "order_ticket"

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True, index=True)
    by: Mapped[str]
    at: Mapped[datetime]


class Step(Base):
    """One step of the procedure, pinned to the order when it was booked, with the evidence that it was done."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("order_id", "key"), UniqueConstraint("order_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    position: Mapped[int]
    key: Mapped[str]
    title: Mapped[str]
    hint: Mapped[str | None]
    expect: Mapped[str | None]
    problem: Mapped[str | None]
    back_out: Mapped[str | None]
    within_s: Mapped[int | None]  # how soon after the step before it
    evidence: Mapped[str]  # tick, scan, photo, reading, serial, second_person
    destructive: Mapped[bool] = mapped_column(default=False)
    must_be_off: Mapped[bool] = mapped_column(default=False)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    given: Mapped[dict[str, Any] | None]

    order: Mapped[WorkOrder] = relationship(back_populates="steps")


class MessageWording(Base):
    """One edited version of a message in one language: never changed afterwards. Version 1 is the one that is shipped.

    `public` and `internal` are templates (app/jobs/wording); both None: as shipped again.
    """

    __tablename__ = "message_wording"
    __table_args__ = (
        UniqueConstraint("name", "language", "version"),
        CheckConstraint("version > 1", name="version"),
        CheckConstraint("language IN ('en', 'de')", name="language"),
        CheckConstraint("(public IS NULL) = (internal IS NULL)", name="texts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    public: Mapped[str | None]
    internal: Mapped[str | None]
    why: Mapped[str]
    edited_by: Mapped[str]
    edited_at: Mapped[datetime]


class Referral(Base):
    """A question for another team, with why and what happens next; from Level 1 or rung from the rack."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'taken', 'answered')", name="state"),
        CheckConstraint("team IN ('system_administrators', 'billing', 'management', 'data_center')", name="team"),
        Index("ix_referral_open", "team", "created_at", postgresql_where=text("state <> 'answered'")),
        Index("ix_referral_order_id", "order_id"),
        Index("ix_referral_created_at", "created_at"),  # the report of a period
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    team: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalation.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    from_rack: Mapped[bool] = mapped_column(default=False)
    step_key: Mapped[str | None]
    diagnostics_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnostics.id"))
    why: Mapped[str]
    next_steps: Mapped[str]
    opened_by: Mapped[str]
    created_at: Mapped[datetime]
    team_opens_at: Mapped[datetime]
    promise_to: Mapped[datetime]
    promise_explanation: Mapped[list[Any]] = mapped_column(default=list)
    taken_by: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    order: Mapped[WorkOrder | None] = relationship()
    escalation: Mapped[Escalation | None] = relationship()
    ticket: Mapped[Ticket] = relationship()


class Photo(Base):
    """A picture taken for an order: the re-encoded image, who took it when, and its hash."""

    __tablename__ = "photo"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    step_key: Mapped[str | None]
    taken_by: Mapped[str]
    at: Mapped[datetime]
    sha256: Mapped[str]
    media_type: Mapped[str]
    image: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


SEQUENCES = {prefix: Sequence(f"number_{prefix.lower()}", metadata=Base.metadata) for prefix in ("WO", "ESC", "REF")}
"""What numbers orders, escalations and referrals; never turned back, so nobody waits for whoever took the last."""


class NumberYear(Base):
    """Where a year's numbers begin: the last value that the prefix's sequence had given before it ("WO", 2026)."""

    __tablename__ = "number_year"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    before: Mapped[int]


class Alert(Base):
    """Something managers hear of, for one target: the outbox of what Apprise sends. `key` and target: told once."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("key", "target"),
        CheckConstraint("state IN ('pending', 'sent', 'dead')", name="state"),
        Index("ix_alert_due", "next_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    target: Mapped[str]
    site: Mapped[str | None]
    title: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]  # business time
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]  # true time, as is all queue timing
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]


class SignOfLife(Base):
    """When a part of the product that belongs to no site was last at work (true time)."""

    __tablename__ = "sign_of_life"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
