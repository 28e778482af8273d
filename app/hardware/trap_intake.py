"""One datagram after the other: whose is it, is it proved, is it new, is it not too much. No network and no database.

What is remembered is bounded by the number of assets, whatever comes in. One thread at a time.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from app.hardware.protocols.memory import Memory
from app.hardware.protocols.snmp_ber import BerError
from app.hardware.protocols.snmp_trap import (
    NOT_IN_WINDOW,
    UNKNOWN_ENGINE,
    Denied,
    Envelope,
    Notification,
    acknowledge,
    open_envelope,
    read_notification,
    report,
)
from app.hardware.protocols.snmp_usm import AUTHENTICATED, VERSION_3, Engine
from app.hardware.readings import SnmpTarget
from app.hardware.trap_guard import WINDOW_S, Bucket, Clock, Drop, is_in_window, later

LOOKED_AT: Final = (200.0, 100.0)  # datagrams of one address: at once, and a second
KEPT: Final = (60.0, 1.0)  # notifications of one asset: a switch that loses its power tells 48 ports at once
KEPT_OF_ALL: Final = (600.0, 20.0)
REMEMBERED_S: Final = 300.0  # twice the time window: what is inside of it cannot come again
REMEMBERED: Final = 20_000
EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sender:
    """An asset that may send: `target` holds its credentials, None where none are known or can be opened."""

    asset_id: int
    site_id: int
    tag: str
    target: SnmpTarget | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A notification that is proved, new and not too much; of SNMPv3 also its engine and that engine's clock."""

    sender: Sender
    at: datetime
    notification: Notification
    engine_id: bytes | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a datagram came to: an arrival to keep, or a reason to count (neither: the sender just asks who we are).

    `reply` goes back to the sender: at once, or once the arrival is kept.
    """

    arrival: Arrival | None = None
    drop: Drop | None = None
    sender: Sender | None = None
    reply: bytes | None = None


@dataclass(slots=True)
class Intake:
    """Judges datagrams. `book` says who may send, by plain IP address; replace it whenever it changes."""

    engine: Engine
    book: Mapping[str, Sequence[Sender]] = field(default_factory=dict)
    _of_address: dict[str, Bucket] = field(default_factory=dict)
    _of_asset: dict[int, Bucket] = field(default_factory=dict)
    _of_all: Bucket = field(default_factory=lambda: Bucket(*KEPT_OF_ALL))
    _clocks: Memory[Clock] = field(default_factory=lambda: Memory(REMEMBERED, float("inf")))
    _heard: Memory[bool] = field(default_factory=lambda: Memory(REMEMBERED, REMEMBERED_S))

    def judge(self, data: bytes, address: str, *, now: datetime, ticks: float) -> Judged:
        """Return what a datagram from `address` comes to. `ticks` never runs back. Raises nothing, whatever the bytes.

        Cost: a microsecond for an unknown address, some 100 us for what has to be proved.
        """
        address = plain_address(address)
        senders = self.book.get(address, ())
        if not senders:
            return Judged(drop=Drop.UNKNOWN_SENDER)
        one = senders[0] if len(senders) == 1 else None
        if not self._of_address.setdefault(address, Bucket(*LOOKED_AT)).take(ticks):
            return Judged(drop=Drop.LIMITED, sender=one)
        try:
            envelope = open_envelope(data)
            if envelope.version == VERSION_3 and not envelope.engine_id:
                return self._introduce(envelope, senders)
            proved = _proved(data, envelope, senders)
        except BerError:
            return Judged(drop=Drop.MALFORMED, sender=one)
        if len(proved) != 1:
            return Judged(drop=Drop.AMBIGUOUS if proved else Drop.DENIED, sender=one)
        sender, notification = proved[0]
        arrival = Arrival(sender, now, notification)
        if envelope.version == VERSION_3 and (refused := self._mistimed(envelope, arrival)) is not None:
            return refused
        return self._admit(envelope, arrival, ticks)

    def remember(self, asset_id: int, digest: str) -> None:
        """This notification of the asset was kept already, moments ago."""
        self._heard.keep((asset_id, digest), True)

    def set_clock(self, asset_id: int, engine_id: bytes, clock: Clock) -> None:
        """This is what an engine of the asset has proved to have reached."""
        self._clocks.keep((asset_id, engine_id), later(self._clocks.recall((asset_id, engine_id)), clock))

    def forget_strangers(self) -> None:
        """Forget the limits of those who are in the book no more."""
        known = {sender.asset_id for senders in self.book.values() for sender in senders}
        self._of_asset = {asset: bucket for asset, bucket in self._of_asset.items() if asset in known}
        self._of_address = {at: bucket for at, bucket in self._of_address.items() if at in self.book}

    def _introduce(self, envelope: Envelope, senders: Sequence[Sender]) -> Judged:
        """Tell a sender of informs who we are, if there can be any at this address."""
        if envelope.wants_report and any(one.target is not None and one.target.version == "3" for one in senders):
            return Judged(reply=report(envelope, self.engine, UNKNOWN_ENGINE))
        return Judged(drop=Drop.DENIED, sender=senders[0] if len(senders) == 1 else None)

    def _mistimed(self, envelope: Envelope, arrival: Arrival) -> Judged | None:
        """What a message of SNMPv3 comes to that is not of this time, or meant for another receiver; None: it is right.

        Ours is the clock of informs, the sender's that of traps (RFC 3412 5.1).
        """
        sender, notification = arrival.sender, arrival.notification
        if envelope.engine_id == self.engine.id:
            timely = envelope.boots == self.engine.boots and abs(envelope.engine_time - self.engine.now()) <= WINDOW_S
            if timely or not envelope.flags & AUTHENTICATED:
                return None
            reply = report(envelope, self.engine, NOT_IN_WINDOW, notification) if envelope.wants_report else None
            return Judged(drop=Drop.REPLAYED if envelope.boots else None, sender=sender, reply=reply)
        if notification.is_inform:
            reply = report(envelope, self.engine, UNKNOWN_ENGINE) if envelope.wants_report else None
            return Judged(drop=None if reply else Drop.DENIED, sender=sender, reply=reply)
        if not envelope.flags & AUTHENTICATED:
            return None
        heard = Clock(envelope.boots, envelope.engine_time, arrival.at.timestamp())
        if not is_in_window(self._clocks.recall((sender.asset_id, envelope.engine_id)), heard):
            return Judged(drop=Drop.REPLAYED, sender=sender)
        self.set_clock(sender.asset_id, envelope.engine_id, heard)
        return None

    def _admit(self, envelope: Envelope, arrival: Arrival, ticks: float) -> Judged:
        sender, reply = arrival.sender, acknowledge(envelope, arrival.notification, self.engine)
        if self._heard.recall((sender.asset_id, arrival.notification.digest)):
            return Judged(drop=Drop.DUPLICATE, sender=sender, reply=reply)
        own = self._of_asset.setdefault(sender.asset_id, Bucket(*KEPT))
        if not (own.has_some(ticks) and self._of_all.take(ticks) and own.take(ticks)):
            return Judged(drop=Drop.LIMITED, sender=sender)
        self.remember(sender.asset_id, arrival.notification.digest)
        if envelope.version == VERSION_3 and envelope.flags & AUTHENTICATED and not arrival.notification.is_inform:
            clock = Clock(envelope.boots, envelope.engine_time, arrival.at.timestamp())
            arrival = replace(arrival, engine_id=envelope.engine_id, clock=clock)
        return Judged(arrival=arrival, reply=reply)


def _proved(data: bytes, envelope: Envelope, senders: Sequence[Sender]) -> list[tuple[Sender, Notification]]:
    """The senders whose credentials fit; several assets can share an address behind a translator."""
    found = []
    for sender in senders:
        if sender.target is None:
            continue
        try:
            found.append((sender, read_notification(data, envelope, sender.target)))
        except Denied:
            continue
    return found


def plain_address(text: str) -> str:
    """An IP address in its one spelling: no zone, an IPv4 address in IPv6's clothes as IPv4. What is none: as it is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def receiving_engine(name: str, now: datetime) -> Engine:
    """Our own engine for informs. Its clock is the true time since 2025, so it need not be kept over a restart.

    `name` tells this receiver from others. The engine id has the form of RFC 3411 without an enterprise of its own.
    """
    own = b"\x80\0\0\0\x05" + hashlib.sha256(name.encode()).digest()[:12]
    return Engine(own, boots=1, clock_offset=(now - EPOCH).total_seconds() - time.monotonic())
