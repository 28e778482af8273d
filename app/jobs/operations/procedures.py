"""Procedures: which version is published, and publishing the next. An order keeps the one it was booked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import events
from app.core.errors import Conflict
from app.jobs.kind import Kind, StepTemplate
from app.jobs.models import Procedure, Step, WorkOrder
from app.jobs.procedure import check_steps, from_rows, to_rows


@dataclass(frozen=True, slots=True)
class Published:
    """The version that new orders are booked with; 1 is the one that the code ships."""

    version: int
    steps: tuple[StepTemplate, ...]
    row: Procedure | None = None


def published(session: Session, kind: Kind, version: int | None = None) -> Published:
    """The newest version of a kind's procedure, or the one asked for (one query)."""
    wanted = select(Procedure).where(Procedure.job_kind == kind.name).order_by(Procedure.version.desc()).limit(1)
    if version is not None:
        wanted = wanted.where(Procedure.version == version)
    row = session.scalars(wanted).first() if version != 1 else None
    return Published(row.version, from_rows(row.steps), row) if row else Published(1, kind.steps)


def versions(session: Session, kind: Kind) -> Sequence[Procedure]:
    """All published versions but the shipped one, newest first (bounded)."""
    query = select(Procedure).where(Procedure.job_kind == kind.name)
    return session.scalars(query.order_by(Procedure.version.desc()).limit(100)).all()


def publish(
    session: Session, kind: Kind, steps: Sequence[StepTemplate], *, seen: int, why: str, by: str, now: datetime
) -> Procedure:
    """Publish these steps as the next version; `seen` is the version that was edited.

    Raises Invalid naming the steps that cannot stand, Conflict when somebody published meanwhile.
    """
    check_steps(kind, steps)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"procedure:{kind.name}"))))
    newest = published(session, kind).version
    if newest != seen:
        raise Conflict("version_conflict", f"Version {newest} was published meanwhile: look at it first.")
    row = Procedure(
        job_kind=kind.name, version=newest + 1, steps=to_rows(steps), why=why, published_by=by, published_at=now
    )
    session.add(row)
    session.flush()
    detail = {"version": row.version, "steps": len(row.steps)}
    events.record(session, f"procedure:{kind.name}", now=now, by=by, verb="publication", why=why, detail=detail)
    return row


def pin_steps(session: Session, order: WorkOrder, kind: Kind) -> None:
    """Copy the published procedure onto the order, so that a later version does not change work under way."""
    current = published(session, kind)
    order.procedure_version = current.version
    order.steps = [
        Step(
            position=position, key=step.id, title=step.title, hint=step.hint, expect=step.expect, problem=step.problem,
            back_out=step.back_out, within_s=step.within_s, evidence=step.evidence, destructive=step.destructive,
            must_be_off=step.must_be_off,
        )
        for position, step in enumerate(current.steps, start=1)
    ]  # fmt: skip
