"""One LISTEN per web process, fanned out to every open page as bells: *that* a topic changed, never what.

A listener that does not keep up loses nothing: its waiting bells are a set of topics. One that comes back names the
last bell it heard and is told what rang meanwhile. While the database is away the listeners stay, and everything
rings once it is back, since bells may have been missed.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass
from typing import Final

import psycopg

from app.core.errors import Unavailable
from app.web.hangups import HangUps

log = logging.getLogger(__name__)

POLL_AFTER_S: Final = 10
REMEMBERED: Final = 10_000
LONGEST_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True, order=True)
class Bell:
    """A topic changed; `number` rises with every bell of this process."""

    number: int
    topic: str
    payload: str = ""


class Listener:
    """One open page: the topics it follows and those that rang since it last looked."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self._rung: dict[str, Bell] = {}
        self._changed = threading.Condition()
        self._ended = False

    def ring(self, bell: Bell) -> None:
        """Note that a topic changed; the same topic twice is one bell."""
        with self._changed:
            self._rung[bell.topic] = bell
            self._changed.notify()

    def end(self) -> None:
        """Let the stream finish."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def wait(self, timeout_s: float) -> list[Bell] | None:
        """What rang, oldest first, after at most `timeout_s`; None when the stream is to finish."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung or self._ended, timeout_s)
            rung, self._rung = self._rung, {}
            return None if self._ended else sorted(rung.values())


class Exchange:
    """Carries the database's notifications to the listeners; its thread starts with the first one."""

    def __init__(self, url: str, limit: int) -> None:
        self._url = url.replace("+psycopg", "", 1)
        self._limit = limit
        self.hang_ups = HangUps()
        self._epoch = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._number = 0
        self._last: dict[str, int] = {}  # number of each topic's last bell
        self._forgotten = 0  # bells up to this number are not remembered

    @property
    def open_streams(self) -> int:
        """How many pages listen now."""
        return len(self._listeners)

    def mark(self, number: int | None = None) -> str:
        """What a page must show when it comes back, after the bell of that number (None: after the last one)."""
        return f"{self._epoch}-{self._number if number is None else number}"

    def join(self, topics: frozenset[str], mark: str | None = None) -> Listener:
        """A new listener, told at once what rang since `mark`.

        Raises Unavailable at the limit and during shutdown: the page polls instead.
        """
        listener = Listener(topics)
        with self._lock:
            if len(self._listeners) >= self._limit or self._closed.is_set():
                raise Unavailable("too_many_streams", "Too many live pages: ask again.", retry_after_s=POLL_AFTER_S)
            self._listeners.add(listener)
            if mark is not None:
                self._catch_up(listener, mark)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="stream", daemon=True)
                self._thread.start()
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream within moments, and take no more."""
        self._closed.set()
        with self._lock:
            for listener in self._listeners:
                listener.end()
        self.hang_ups.close()

    def ring(self, topic: str, payload: str = "") -> None:
        """Tell everybody who follows the topic."""
        with self._lock:
            self._number += 1
            if len(self._last) >= REMEMBERED:
                self._last.clear()
                self._forgotten = self._number
            self._last[topic] = self._number
            bell = Bell(self._number, topic, payload)
            for listener in self._listeners:
                if topic in listener.topics:
                    listener.ring(bell)

    def _catch_up(self, listener: Listener, mark: str) -> None:
        epoch, _, number = mark.partition("-")
        heard = int(number) if epoch == self._epoch and number.isdecimal() else -1
        for topic in listener.topics:
            if heard < self._forgotten or self._last.get(topic, 0) > heard:
                listener.ring(Bell(self._number, topic))

    def _ring_everything(self) -> None:
        with self._lock:
            self._number += 1
            self._last.clear()
            self._forgotten = self._number
            for listener in self._listeners:
                for topic in listener.topics:
                    listener.ring(Bell(self._number, topic))

    def _listen(self) -> None:
        wait_s = 0.1
        while not self._closed.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute("LISTEN rackside")
                    self._ring_everything()
                    wait_s = 0.1
                    self._carry(connection)
            except psycopg.OperationalError as error:
                log.warning("live pages: no database (%s), next try in %.1f s", type(error).__name__, wait_s)
                self._closed.wait(wait_s)
                wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def _carry(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._closed.is_set():
            for note in connection.notifies(timeout=1.0):
                topic, _, payload = note.payload.partition(" ")
                self.ring(topic, payload)
