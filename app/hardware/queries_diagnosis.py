"""The signed short diagnoses of machines: events of their record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import Event
from app.hardware.models import Asset

VERB = "diagnosis"  # of the event that is the diagnosis
MOST = 500


def diagnoses(session: Session, tags: Collection[str], *, since: datetime) -> Sequence[Event]:
    """The diagnoses signed on these machines since then, newest first (one query on the index by record, bounded)."""
    streams = [f"asset:{tag}" for tag in tags]
    signed = select(Event).where(Event.stream.in_(streams), Event.verb == VERB, Event.at >= since)
    return session.scalars(signed.order_by(Event.at.desc(), Event.id.desc()).limit(MOST)).all()


def diagnosis_on(session: Session, asset: Asset, diagnostics_id: UUID | None = None) -> Event | None:
    """The newest diagnosis of one machine; with an id, the newest one on those diagnostics."""
    signed = select(Event).where(Event.stream == f"asset:{asset.tag}", Event.verb == VERB)
    if diagnostics_id is not None:
        signed = signed.where(Event.detail["diagnostics"].astext == str(diagnostics_id))
    return session.scalars(signed.order_by(Event.seq.desc()).limit(1)).first()
