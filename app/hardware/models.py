"""Tables of the machines: assets, how to reach them, what feeds them, what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.sites.models import Rack, Site


class Asset(Base):
    """A machine or device that hands may touch. `u` is its lowest rack unit, `face` where it is reached."""

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint("role IN ('server', 'pdu', 'ups', 'ats', 'switch')", name="role"),
        CheckConstraint("face IN ('front', 'rear')", name="face"),
        CheckConstraint("u BETWEEN 1 AND 60", name="u"),
        Index("ix_asset_site_id_tag", "site_id", "tag"),
        Index("ix_asset_rack_id", "rack_id"),
        Index("ix_asset_serial", "serial"),
        Index("ix_asset_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    name: Mapped[str]
    serial: Mapped[str | None]
    model: Mapped[str | None]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    rack_id: Mapped[int | None] = mapped_column(ForeignKey("rack.id"))
    u: Mapped[int | None]
    height: Mapped[int] = mapped_column(default=1)
    face: Mapped[str] = mapped_column(default="front")
    customer: Mapped[str | None]
    words: Mapped[str] = mapped_column(  # what it is found by, a line for each of tag, serial and name
        Computed("lower(chr(10) || tag || chr(10) || coalesce(serial, '') || chr(10) || name)", persisted=True),
        deferred=True,
    )

    site: Mapped[Site] = relationship(lazy="joined")
    rack: Mapped[Rack | None] = relationship(lazy="joined")
    endpoints: Mapped[list[Endpoint]] = relationship(cascade="all, delete-orphan")
    power: Mapped[list[PowerCord]] = relationship(
        foreign_keys="PowerCord.asset_id", cascade="all, delete-orphan", order_by="PowerCord.psu"
    )
    network: Mapped[list[NetworkCable]] = relationship(
        foreign_keys="NetworkCable.asset_id",
        cascade="all, delete-orphan",
        order_by="NetworkCable.port",
    )


class Endpoint(Base):
    """One protocol of one asset. `settings` is the target without secrets; `sealed` holds the secrets.

    Sealed to the site's public key: only that site's worker can open it, the web tier never.
    """

    __tablename__ = "endpoint"
    __table_args__ = (
        UniqueConstraint("asset_id", "protocol"),
        CheckConstraint("protocol IN ('ipmi', 'redfish', 'snmp', 'ssh')", name="protocol"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    protocol: Mapped[str]
    settings: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class PowerCord(Base):
    """Which outlet of which PDU feeds which power supply."""

    __tablename__ = "power_cord"
    __table_args__ = (UniqueConstraint("asset_id", "psu"), UniqueConstraint("pdu_id", "outlet"))

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    psu: Mapped[str]
    pdu_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    outlet: Mapped[str]

    pdu: Mapped[Asset] = relationship(foreign_keys=pdu_id, lazy="joined", join_depth=1)


class NetworkCable(Base):
    """Which port of which switch a server's port is plugged into."""

    __tablename__ = "network_cable"
    __table_args__ = (UniqueConstraint("asset_id", "port"), UniqueConstraint("switch_id", "switch_port"))

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    port: Mapped[str]
    mac: Mapped[str | None]
    switch_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    switch_port: Mapped[str]

    switch: Mapped[Asset] = relationship(foreign_keys=switch_id, lazy="joined", join_depth=1)


class Diagnostics(Base):
    """One asking of one asset: queued, running, then done with the contract's document.

    `reason`: "level1", "page", "before", "after", "api", "trap". `follow_up` is the name of the task (and its
    arguments) that whoever asked wants run when it is done: news travels upward without imports.
    Rows that are some order's BEFORE or AFTER are `frozen` and never aged out.
    """

    __tablename__ = "diagnostics"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done')", name="state"),
        CheckConstraint("(state = 'done') = (document IS NOT NULL)", name="document"),
        Index("ix_diagnostics_asset_id_requested_at", "asset_id", "requested_at"),
        Index("ix_diagnostics_open", "requested_at", postgresql_where=text("state <> 'done'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    state: Mapped[str] = mapped_column(default="queued")
    reason: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]  # true time
    started_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    deadline_s: Mapped[int] = mapped_column(default=10)
    parts: Mapped[list[Any]] = mapped_column(default=list)  # source rows as they arrive, shown part by part
    document: Mapped[dict[str, Any] | None]
    worst: Mapped[str | None]  # worst state among the findings, for lists
    frozen: Mapped[bool] = mapped_column(default=False)
    follow_up: Mapped[dict[str, Any] | None]

    asset: Mapped[Asset] = relationship(lazy="joined")


class DeviceAction(Base):
    """Something a machine is asked to do (ID LED on, shut down), done by the site's worker, told back as a fact.

    What must not be done twice is `running` while it is sent, and `unknown` when nobody can say whether it arrived.
    """

    __tablename__ = "device_action"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'unknown')", name="state"),
        Index("ix_device_action_open", "requested_at", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    action: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="queued")
    result: Mapped[dict[str, Any] | None]  # what the machine said around it
    detail: Mapped[str | None]
    advice: Mapped[str | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class DeviceEvent(Base):
    """What a machine told by itself, by an SNMP trap or inform, in plain words; only the newest of each asset are kept.

    Not part of the append-only record: anybody's flood would stay in that for ever. `owed`: it still wants diagnostics.
    `engine_id`, `boots` and `engine_time` are the SNMPv3 sender's clock, against replays after a restart of ours.
    """

    __tablename__ = "device_event"
    __table_args__ = (
        CheckConstraint("state IN ('ok', 'warning', 'critical', 'unknown')", name="state"),
        Index("ix_device_event_asset_id_id", "asset_id", "id"),
        Index("ix_device_event_diagnostics_id", "diagnostics_id", postgresql_where=text("diagnostics_id IS NOT NULL")),
        Index("ix_device_event_owed", "asset_id", postgresql_where=text("owed")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    at: Mapped[datetime]  # true time of arrival
    oid: Mapped[str]
    object: Mapped[str]
    words: Mapped[str]
    state: Mapped[str]
    source: Mapped[str]  # the table that knows the words
    details: Mapped[list[Any]] = mapped_column(default=list)  # named values, as text
    others: Mapped[list[Any]] = mapped_column(default=list)  # [oid, text] of values without a name
    digest: Mapped[str]
    engine_id: Mapped[str | None]
    boots: Mapped[int | None]
    engine_time: Mapped[int | None]
    owed: Mapped[bool]
    diagnostics_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnostics.id", ondelete="SET NULL"))


class TrapDrop(Base):
    """How many notifications were counted and not kept, by reason; of whom, where that is known."""

    __tablename__ = "trap_drop"
    __table_args__ = (UniqueConstraint("site_id", "asset_id", "reason", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    reason: Mapped[str]
    number: Mapped[int]
    last_at: Mapped[datetime]


class SiteSweep(Base):
    """One pass over all machines of a site. While `finished_at` is empty it is under way: at most one of a site.

    `started_at` tells whose it is: who takes over from a worker that died starts it anew. `late_told`: that it takes
    longer than the sweeps are apart was said once.
    """

    __tablename__ = "site_sweep"
    __table_args__ = (
        Index("ix_site_sweep_site_id_started_at", "site_id", "started_at"),
        Index("uq_site_sweep_under_way", "site_id", unique=True, postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    started_at: Mapped[datetime]  # true time
    finished_at: Mapped[datetime | None]
    late_told: Mapped[bool] = mapped_column(default=False)
    assets: Mapped[int] = mapped_column(default=0)  # that were asked
    answered: Mapped[int] = mapped_column(default=0)  # by every source
    changed: Mapped[int] = mapped_column(default=0)


class AssetSweep(Base):
    """What the sweep knows of a machine now: it was found to hold at `swept_at`. `whole_at`: last kept as a whole."""

    __tablename__ = "asset_sweep"

    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True)
    swept_at: Mapped[datetime]  # true time
    whole_at: Mapped[datetime]
    worst: Mapped[str]
    is_silent: Mapped[bool]  # no source answered: it is asked after the others
    statement: Mapped[dict[str, Any]]


class SweepChange(Base):
    """What a sweep found to be different on one machine, or all of it (`is_whole`); a partition for each month.

    Partitions are made and dropped by the center (`operations.sweep_months`), in a schema of their own.
    """

    __tablename__ = "sweep_change"
    __table_args__ = ({"postgresql_partition_by": "RANGE (at)"},)

    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)  # true time
    is_whole: Mapped[bool]
    worst: Mapped[str]
    change: Mapped[dict[str, Any]]
