"""The receiver of SNMP traps and informs inside the site's worker: a UDP socket, looked after by a chore.

Each turn listens for a moment, then keeps what came in one transaction. While the database is away it goes on
listening; what it holds meanwhile is bounded. Informs are answered when they are kept, so that a sender who hears
nothing sends again.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from flask import current_app
from sqlalchemy.exc import DataError, IntegrityError

from app.core.clock import true_now
from app.core.database import transaction
from app.core.settings import Settings
from app.hardware.operations import traps
from app.hardware.protocols.snmp_trap import LARGEST
from app.hardware.trap_guard import Bucket, Drop
from app.hardware.trap_intake import Arrival, Intake, Sender, plain_address, receiving_engine

log = logging.getLogger(__name__)

PATIENCE_S: Final = 0.5  # for the first datagram of a turn
DRAIN_S: Final = 0.25  # for those behind it, before they are kept
BOOK_S: Final = 60.0
BOOK_SOONER_S: Final = 10.0  # after a sender we do not know: it may have been entered just now
DATABASE_AGAIN_S: Final = 5.0
OPEN_AGAIN_S: Final = 10.0
TOLD_S: Final = 60.0
NAMES_S: Final = 2.0
MOST_PENDING: Final = 1000
QUEUE_BYTES: Final = 4 << 20  # of the system's own queue, as far as it lets us
RUNS: Final = (20.0, 20 / 60)  # diagnostics asked for by all assets together: at once, and a second
SO_RXQ_OVFL: Final = 40  # Linux: tell with each datagram how many found the queue full; socket has no name for it


class Receiver:
    """Listens at one UDP address for the devices of `sites` (None: all). `turn` is for one thread at a time."""

    def __init__(self, address: tuple[str, int], sites: Sequence[str] | None) -> None:
        """Costs nothing: the socket is opened by the first turn."""
        self._address = address
        self._sites = sites
        self._intake = Intake(receiving_engine(f"{socket.gethostname()} {address}", true_now()))
        self._socket: socket.socket | None = None
        self._site_ids: tuple[int, ...] = ()
        self._names: dict[str, tuple[str, ...]] = {}
        self._pending: list[tuple[Arrival, bytes | None, Any]] = []
        self._drops: Counter[tuple[int | None, int | None, Drop]] = Counter()
        self._untold: Counter[Drop] = Counter()
        self._stranger = ""
        self._lost = 0
        self._runs = Bucket(*RUNS)
        self._owed = self._fresh = True
        self._wants_book = True
        self._next: dict[str, float] = {}  # when what is due again, by monotonic time

    def turn(self) -> None:
        """Listen for a moment and keep what came. Raises DBAPIError while the database is away: it is tried again."""
        if self._fresh and not self._has_first_book():
            return
        if not self._is_open():
            return
        self._listen()
        self._tell()
        if not self._is_due("database", 0):
            return
        self._next["database"] = time.monotonic() + DATABASE_AGAIN_S
        self._look_up_senders()
        self._keep()
        self._ask()
        self._next["database"] = 0.0

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _has_first_book(self) -> bool:
        """Nobody is listened to before it is known who may speak."""
        if not self._is_due("database", DATABASE_AGAIN_S):
            time.sleep(PATIENCE_S)
            return False
        self._look_up_senders()
        self._next["database"] = 0.0
        return True

    def _is_due(self, what: str, again_s: float) -> bool:
        """True when its time has come; then it is due again that much later."""
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + again_s
        return True

    def _is_open(self) -> bool:
        if self._socket is not None:
            return True
        if not self._is_due("open", OPEN_AGAIN_S):
            time.sleep(PATIENCE_S)
            return False
        try:
            self._socket = _listening(self._address)
        except OSError as error:
            where = f"{self._address[0]} port {self._address[1]}"
            log.warning(
                "traps: cannot listen at %s (%s): nobody else may have the port, and below 1024 the worker needs "
                "CAP_NET_BIND_SERVICE; trying again", where, error.strerror,
            )  # fmt: skip
            return False
        log.info("traps: listening at %s port %d", *self._address)
        return True

    def _listen(self) -> None:
        """Take datagrams: wait for the first one, then take those that are there, for a moment."""
        opened = self._socket
        if opened is None or not select.select([opened], [], [], PATIENCE_S)[0]:
            return
        until = time.monotonic() + DRAIN_S
        while time.monotonic() < until:
            try:
                data, notes, _, peer = opened.recvmsg(LARGEST + 1, socket.CMSG_SPACE(4))
            except BlockingIOError:
                return
            except OSError as error:  # an answer of ours could not be delivered
                log.info("traps: %s", error.strerror)
                continue
            self._count_lost(notes)
            self._take(data, peer)

    def _take(self, data: bytes, peer: Any) -> None:
        if len(self._pending) >= MOST_PENDING:
            self._drop(Drop.LIMITED, None)
            return
        judged = self._intake.judge(data, peer[0], now=true_now(), ticks=time.monotonic())
        if judged.drop is not None:
            self._drop(judged.drop, judged.sender)
            if judged.drop in (Drop.UNKNOWN_SENDER, Drop.DENIED):
                self._wants_book, self._stranger = True, peer[0]
        if judged.arrival is not None:
            self._pending.append((judged.arrival, judged.reply, peer))
        elif judged.reply is not None:
            self._send(judged.reply, peer)

    def _drop(self, reason: Drop, sender: Sender | None, number: int = 1) -> None:
        own_site = self._site_ids[0] if len(self._site_ids) == 1 else None
        of = (sender.site_id, sender.asset_id) if sender is not None else (own_site, None)
        self._drops[*of, reason] += number
        self._untold[reason] += number

    def _count_lost(self, notes: list[tuple[int, int, bytes]]) -> None:
        """The system tells how many datagrams it has dropped since the socket was opened."""
        for level, kind, told in notes:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL:
                total = int(struct.unpack("=I", told[:4])[0])
                if lost := (total - self._lost) % (1 << 32):
                    self._drop(Drop.OVERRUN, None, lost)
                self._lost = total

    def _send(self, reply: bytes, peer: Any) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # who hears nothing sends again
                self._socket.sendto(reply, peer)

    def _look_up_senders(self) -> None:
        """Read who may send: every minute, and sooner for somebody unknown."""
        if not self._is_due("book", BOOK_S) and not (self._wants_book and self._is_due("sooner", BOOK_SOONER_S)):
            return
        settings: Settings = current_app.config["RACKSIDE"]
        with transaction() as session:
            known = traps.known_senders(session, self._sites, Path(settings.site_keys))
            before = traps.heard_before(session, now=true_now()) if self._fresh else None
        for asset_id, digest in before.digests if before else ():
            self._intake.remember(asset_id, digest)
        for asset_id, engine_id, clock in before.clocks if before else ():
            self._intake.set_clock(asset_id, engine_id, clock)
        self._site_ids, self._fresh, self._wants_book = known.sites, False, False
        self._next["book"] = time.monotonic() + BOOK_S
        self._next["sooner"] = time.monotonic() + BOOK_SOONER_S
        self._intake.book = self._by_address(known)
        self._intake.forget_strangers()

    def _by_address(self, known: traps.Known) -> dict[str, list[Sender]]:
        self._names = _resolved({host for host, _ in known.senders}, self._names)
        book: dict[str, list[Sender]] = {}
        for host, sender in known.senders:
            for address in self._names.get(host, ()):
                if sender not in (there := book.setdefault(address, [])):
                    there.append(sender)
        return book

    def _keep(self) -> None:
        """Keep what came, then answer the informs among it."""
        pending, drops = list(self._pending), Counter(self._drops)
        if not pending and not drops:
            return
        try:
            with transaction() as session:
                traps.file_events(session, [arrival for arrival, _, _ in pending])
                traps.count_drops(session, drops, now=true_now())
        except (DataError, IntegrityError) as refused:  # for good: an asset that is gone, say
            log.warning("traps: %d events and counts not kept (%s)", len(pending), type(refused.orig).__name__)
            self._wants_book, pending = True, [(arrival, None, peer) for arrival, _, peer in pending]
        del self._pending[: len(pending)]
        self._drops.clear()
        self._owed = self._owed or bool(pending)
        for _, reply, peer in pending:
            if reply is not None:
                self._send(reply, peer)

    def _ask(self) -> None:
        now = time.monotonic()
        if not self._owed or not self._runs.has_some(now) or not self._is_due("ask", 1.0):
            return
        with transaction() as session:
            asked, self._owed = traps.ask_owed(session, self._site_ids, budget=int(self._runs.level), now=true_now())
        for _ in range(asked):
            self._runs.take(now)

    def _tell(self) -> None:
        """Tell the log once a minute what was dropped, and from where somebody unknown sent last."""
        if self._untold and self._is_due("told", TOLD_S):
            said = ", ".join(f"{number} {reason}" for reason, number in sorted(self._untold.items()))
            log.warning("traps dropped: %s%s", said, f" (last from {self._stranger})" if self._stranger else "")
            self._untold.clear()
            self._stranger = ""


def _listening(address: tuple[str, int]) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
        opened.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened


def _resolved(hosts: set[str], before: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The plain addresses of each host; of a name that is not answered in time those it had before."""
    until = time.monotonic() + NAMES_S
    found: dict[str, tuple[str, ...]] = {}
    for host in hosts:
        plain = plain_address(host)
        if plain != host or _is_address(host):
            found[host] = (plain,)
        elif time.monotonic() > until:
            found[host] = before.get(host, ())
        else:
            try:
                there = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
                found[host] = tuple({plain_address(str(one[4][0])) for one in there})
            except OSError:
                found[host] = before.get(host, ())
    return found


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host
