"""Tables of the data centers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base


class Site(Base):
    """A data center. `hours` in the contract's form ("Mon-Fri 08:00-17:00"), local to `time_zone` (IANA)."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("code ~ '^[A-Z0-9-]{2,16}$'", name="code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    hours: Mapped[str] = mapped_column(default="Mon-Fri 08:00-17:00")
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    public_key: Mapped[str | None]  # credentials of this site's devices are sealed to it
    worker_seen_at: Mapped[datetime | None]  # true time of the site's worker's last sign of life

    closed_days: Mapped[list[ClosedDay]] = relationship(lazy="selectin", order_by="ClosedDay.day")


class ClosedDay(Base):
    """A day without site hours. Proposed days count only once a person confirmed them."""

    __tablename__ = "closed_day"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date]
    name: Mapped[str]
    source: Mapped[str]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]


class Rack(Base):
    """A rack in a room; `name` is what its label says and what a scan must give."""

    __tablename__ = "rack"
    __table_args__ = (UniqueConstraint("site_id", "name"), CheckConstraint("units BETWEEN 1 AND 60", name="units"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    room: Mapped[str]
    name: Mapped[str]
    units: Mapped[int] = mapped_column(default=48)

    site: Mapped[Site] = relationship()
