"""Tables of spares and of removed parts. `order_number` is the work order's: this package does not know that table."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.parts.rules import Standing, due_at
from app.parts.states import Custody, PartKind, SpareState
from app.sites.models import Site


def _one_of(column: str, words: type[PartKind] | type[SpareState] | type[Custody]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Spare(Base):
    """One spare of a site: expected, on its shelf, reserved for an order, or used. `version` is the compare-and-set."""

    __tablename__ = "spare"
    __table_args__ = (
        CheckConstraint(_one_of("kind", PartKind), name="kind"),
        CheckConstraint(_one_of("state", SpareState), name="state"),
        CheckConstraint("(state = 'expected') = (arrived_at IS NULL)", name="arrived"),
        CheckConstraint("(state = 'reserved') <= (order_number IS NOT NULL)", name="reserved"),
        Index("uq_spare_site_id_serial", "site_id", "serial", unique=True),
        Index("ix_spare_order_number", "order_number"),
        Index("ix_spare_site_id_part_number", "site_id", "part_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str]
    name: Mapped[str]
    part_number: Mapped[str]
    serial: Mapped[str | None]
    location: Mapped[str | None]
    state: Mapped[str]
    expected_on: Mapped[date | None]
    arrived_at: Mapped[datetime | None]
    order_number: Mapped[str | None]
    note: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- every UPDATE is a compare-and-set on the version

    @property
    def state_words(self) -> str:
        """Where it stands, as people say it."""
        return SpareState(self.state).words


class RemovedPart(Base):
    """A part that came out of a machine, and in whose hands it is. Its record is the stream "part:ID"."""

    __tablename__ = "removed_part"
    __table_args__ = (
        CheckConstraint(_one_of("kind", PartKind), name="kind"),
        CheckConstraint(_one_of("state", Custody), name="state"),
        Index("uq_removed_part_order_number_serial", "order_number", "serial", unique=True),
        Index("ix_removed_part_site_id_id", "site_id", "id"),
        Index("ix_removed_part_open", "id", postgresql_where=text("state NOT IN ('certified', 'returned')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    order_number: Mapped[str]
    asset_tag: Mapped[str]
    kind: Mapped[str]
    bay: Mapped[str | None]
    serial: Mapped[str]
    removed_by: Mapped[str]
    removed_at: Mapped[datetime]
    state: Mapped[str]
    since: Mapped[datetime]
    waits_for_order: Mapped[bool] = mapped_column(default=True)
    bag: Mapped[str | None]
    place: Mapped[str | None]
    method: Mapped[str | None]
    unreadable_by: Mapped[str | None]  # who wiped or destroyed it
    certificate: Mapped[str | None]
    rma: Mapped[str | None]
    return_by: Mapped[date | None]
    tracking: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- every UPDATE is a compare-and-set on the version

    @property
    def kind_words(self) -> str:
        """What it is, as people say it."""
        return PartKind(self.kind).words

    @property
    def state_words(self) -> str:
        """Where it is, as people say it."""
        return Custody(self.state).words

    @property
    def stream(self) -> str:
        """Where its record stands."""
        return f"part:{self.id}"

    @property
    def standing(self) -> Standing:
        """What the rules ask."""
        return Standing(
            self.kind, self.state, self.since, self.removed_at, self.waits_for_order, self.return_by,
            self.site.time_zone,
        )  # fmt: skip

    @property
    def due_at(self) -> datetime | None:
        """When its next hop has to be made."""
        return due_at(self.standing)
