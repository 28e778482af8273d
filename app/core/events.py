"""The append-only record: every change of state is a row, each row carries the hash of the one before it.

One stream per subject ("WO-2026-000417", "ESC-...", "asset:AMS-0042"). The database refuses UPDATE and DELETE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.chain import chained_hash, event_fields
from app.core.database import Base


class Event(Base):
    """One fact about one subject; see the contract's event form."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("uq_event_stream_device", "stream", "device_id", "device_seq", unique=True),
        Index("ix_event_match_at", "at", postgresql_where=text("verb = 'match'")),  # the board's wrong scans of today
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str]
    seq: Mapped[int]
    at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    device_id: Mapped[str | None]
    device_seq: Mapped[int | None]
    by: Mapped[str]
    verb: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    why: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_hash: Mapped[str]
    hash: Mapped[str]

    def form(self) -> dict[str, Any]:
        """The contract's form, hash last."""
        fields = event_fields(
            at=self.at, device_at=self.device_at, by=self.by, verb=self.verb, from_state=self.from_state,
            to_state=self.to_state, why=self.why, detail=self.detail,
        )  # fmt: skip
        return {**fields, "hash": self.hash, "previous_hash": self.previous_hash}


@dataclass(frozen=True, slots=True)
class DeviceStamp:
    """The tablet's own count and time of an act: `at` aware UTC, `seq` rising per device."""

    id: str
    seq: int
    at: datetime


def record(
    session: Session,
    stream: str,
    *,
    now: datetime,
    by: str,
    verb: str,
    from_state: str | None = None,
    to_state: str | None = None,
    why: str | None = None,
    detail: dict[str, Any] | None = None,
    device: DeviceStamp | None = None,
) -> Event:
    """Append one event to a stream (two queries).

    The subject's own compare-and-set keeps a stream single-file; UNIQUE (stream, seq) refuses whoever comes second.
    """
    newest = select(Event.seq, Event.hash).where(Event.stream == stream).order_by(Event.seq.desc()).limit(1)
    last = session.execute(newest).first()
    fields = event_fields(
        at=now, device_at=device.at if device else None, by=by, verb=verb, from_state=from_state, to_state=to_state,
        why=why, detail=detail or {},
    )  # fmt: skip
    previous = last.hash if last else ""
    event = Event(
        stream=stream, seq=(last.seq + 1) if last else 1, at=now, by=by, verb=verb, from_state=from_state,
        to_state=to_state, why=why, detail=detail or {}, previous_hash=previous, hash=chained_hash(fields, previous),
        device_at=device.at if device else None, device_id=device.id if device else None,
        device_seq=device.seq if device else None,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event


def history(session: Session, stream: str, *, limit: int = 1000) -> Iterable[Event]:
    """The events of one stream, oldest first (one query, bounded)."""
    return session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq).limit(limit)).all()
