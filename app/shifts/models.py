"""Tables of who works when: rosters, absences, appointments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.people.models import Person


class Roster(Base):
    """A technician's weekly shift at a site, in the site's local time; counted only inside site hours."""

    __tablename__ = "roster"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    hours: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]

    person: Mapped[Person] = relationship(lazy="joined")


class Absence(Base):
    """A span in which a technician is not there."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index("ix_absence_person_id_ends_at", "person_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    why: Mapped[str | None]

    person: Mapped[Person] = relationship(lazy="joined")


class Appointment(Base):
    """A technician's time on a machine. The database refuses a technician or a machine booked twice.

    `machine_id` is the asset's id and `order_number` the work order's: this package knows neither table.
    `during` is half-open; wall times stand beside it because the rules of a zone may change.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        ExcludeConstraint(
            ("technician_id", "="), ("during", "&&"), where=text("active"), name="ex_appointment_technician"
        ),
        ExcludeConstraint(("machine_id", "="), ("during", "&&"), where=text("active"), name="ex_appointment_machine"),
        Index("ix_appointment_site_during", "site_id", "during", postgresql_using="gist"),
        Index("ix_appointment_order_number", "order_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    technician_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    machine_id: Mapped[int]
    order_number: Mapped[str]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    starts_local: Mapped[str]
    ends_local: Mapped[str]
    time_zone: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)

    technician: Mapped[Person] = relationship(lazy="joined")

    @property
    def starts_at(self) -> datetime:
        """Start, aware UTC."""
        assert self.during.lower is not None
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        """End, aware UTC, exclusive."""
        assert self.during.upper is not None
        return self.during.upper
