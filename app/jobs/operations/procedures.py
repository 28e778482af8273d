"""Procedures: which version is published, and publishing the next. An order keeps the one it was booked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core import events
from app.core.errors import Conflict
from app.jobs.kind import Kind, StepTemplate
from app.jobs.kinds import KINDS
from app.jobs.models import Step, WorkOrder
from app.jobs.models_procedure import Procedure
from app.jobs.procedure import check_steps, from_rows, job_minutes, to_rows


@dataclass(frozen=True, slots=True)
class Published:
    """The version that new orders are booked with; 1 is the one that the code ships."""

    version: int
    steps: tuple[StepTemplate, ...]
    verify_minutes: int
    back_out_minutes: int
    row: Procedure | None = None

    def minutes(self, kind: Kind, answers: Mapping[str, Any]) -> int:
        """Length of an appointment by this version; the kind's own where Level 1 has yet to state it."""
        length = job_minutes(kind, answers, verify=self.verify_minutes, back_out=self.back_out_minutes)
        return length or kind.minutes


def published(session: Session, kind: Kind, version: int | None = None) -> Published:
    """The newest version of a kind's procedure, or the one asked for (one query)."""
    wanted = select(Procedure).where(Procedure.job_kind == kind.name).order_by(Procedure.version.desc()).limit(1)
    if version is not None:
        wanted = wanted.where(Procedure.version == version)
    row = session.scalars(wanted).first() if version != 1 else None
    return _published(kind, row)


def _published(kind: Kind, row: Procedure | None) -> Published:
    if row is None:
        return Published(1, kind.steps, kind.verify_minutes, kind.back_out_minutes)
    return Published(row.version, from_rows(row.steps), row.verify_minutes, row.back_out_minutes, row)


def all_published(session: Session) -> dict[str, Published]:
    """The newest version of every kind's procedure (one query)."""
    newest = select(Procedure).ext(distinct_on(Procedure.job_kind))
    newest = newest.order_by(Procedure.job_kind, Procedure.version.desc())
    rows = {row.job_kind: row for row in session.scalars(newest)}
    return {kind.name: _published(kind, rows.get(kind.name)) for kind in KINDS.values()}


def versions(session: Session, kind: Kind) -> Sequence[Procedure]:
    """All published versions but the shipped one, newest first (bounded)."""
    query = select(Procedure).where(Procedure.job_kind == kind.name)
    return session.scalars(query.order_by(Procedure.version.desc()).limit(100)).all()


def publish(
    session: Session,
    kind: Kind,
    steps: Sequence[StepTemplate],
    *,
    verify_minutes: int,
    back_out_minutes: int,
    seen: int,
    why: str,
    by: str,
    now: datetime,
) -> Procedure:
    """Publish these steps and minutes as the next version; `seen` is the version that was edited.

    Raises Invalid naming the steps that cannot stand, Conflict when somebody published meanwhile.
    """
    check_steps(kind, steps)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"procedure:{kind.name}"))))
    newest = published(session, kind).version
    if newest != seen:
        raise Conflict("version_conflict", f"Version {newest} was published meanwhile: look at it first.")
    row = Procedure(
        job_kind=kind.name, version=newest + 1, steps=to_rows(steps), verify_minutes=verify_minutes,
        back_out_minutes=back_out_minutes, why=why, published_by=by, published_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    minutes = {"verify_minutes": verify_minutes, "back_out_minutes": back_out_minutes}
    detail = {"version": row.version, "steps": len(row.steps), **minutes}
    events.record(session, f"procedure:{kind.name}", now=now, by=by, verb="publication", why=why, detail=detail)
    return row


def pin_steps(session: Session, order: WorkOrder, kind: Kind) -> None:
    """Copy the published procedure onto a new order, so that a later version does not change work under way.

    With its minutes, which say how long the appointment is. Comes before the order is in the session.
    """
    current = published(session, kind)
    order.procedure_version = current.version
    order.verify_minutes, order.back_out_minutes = current.verify_minutes, current.back_out_minutes
    order.minutes = current.minutes(kind, order.answers)
    order.steps = [
        Step(
            position=position, key=step.id, title=step.title, hint=step.hint, expect=step.expect, problem=step.problem,
            back_out=step.back_out, within_s=step.within_s, evidence=step.evidence, destructive=step.destructive,
            must_be_off=step.must_be_off,
        )
        for position, step in enumerate(current.steps, start=1)
    ]  # fmt: skip


def reserved_minutes(order: WorkOrder) -> int:
    """What proof and the way back take, by the procedure that the order was booked with."""
    return order.verify_minutes + order.back_out_minutes
