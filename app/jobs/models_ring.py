"""Table of who was rung by which call for help."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.people.models import Person


class Ring(Base):
    """One person, rung by one call from the rack; the last one of a call rings now. Times are business time."""

    __tablename__ = "ring"
    __table_args__ = (
        Index("ix_ring_referral_id_id", "referral_id", "id"),
        Index("ix_ring_person_id_rung_at", "person_id", "rung_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    rung_at: Mapped[datetime]
    until: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined")

    @property
    def full_name(self) -> str:
        """Who it is."""
        return self.person.full_name

    @property
    def phone(self) -> str | None:
        """Their number, if one is entered."""
        return self.person.phone
