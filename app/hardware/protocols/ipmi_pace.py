"""How many requests a BMC is given at once, and how long an answer is waited for. Pure: it is told round trips.

The standard lets a BMC serve requests side by side and lets it serve them one after the other; most are not documented.
So each is tried: one request at first, twice as many while the round trip stays as it was.
"""

from __future__ import annotations

import statistics

MOST = 8
LONGEST_WAIT_S, SHORTEST_WAIT_S = 1.0, 0.25
FLAT = 1.5  # times the shortest round trip: served side by side
QUEUED = 0.75  # of what `depth` requests one after the other would take: served one by one
SAMPLES = 3
CALM = 16  # answers between two timeouts that make the second no sign of too much at once


class Pace:
    """One session's pace. `depth` is how many requests may be in flight, `patience_s` when one is sent again.

    It begins at `start`, doubles while round trips stay flat, halves (to two at least) when the BMC serves one by one,
    and begins again at one when the BMC is busy or an answer does not come. Never above `most`.
    """

    def __init__(self, start: int = 1, most: int = MOST) -> None:
        self.depth = max(1, min(start, most))
        self._most = most
        self._served = most  # as many as it serves side by side, as far as this session has seen
        self._window: list[float] = []
        self._shortest: float | None = None
        self._mean = self._deviation = 0.0
        self._since_silence = CALM

    @property
    def patience_s(self) -> float:
        """How long to wait for an answer: as TCP does, from the mean round trip and its deviation (RFC 6298)."""
        if self._shortest is None:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, self._mean + 4 * self._deviation))

    def begin_at(self, depth: int) -> None:
        """Go on at the depth that a BMC of this model bore before."""
        self.depth, self._window = max(1, min(depth, self._most)), []

    def stay_alone(self) -> None:
        """Ask one at a time from now on."""
        self.depth = self._most = 1

    def to_remember(self, known: int) -> int:
        """What a BMC of this model may be given at first: the most that any bore, unless this one had too much."""
        return min(max(known, self.depth), self._most)

    def answered(self, round_trip_s: float, depth: int) -> None:
        """Note an answer to a request that was sent once, when `depth` was the depth."""
        if self._shortest is None:
            self._mean, self._deviation = round_trip_s, round_trip_s / 2
        self._deviation += (abs(round_trip_s - self._mean) - self._deviation) / 4
        self._mean += (round_trip_s - self._mean) / 8
        self._shortest = min(round_trip_s, self._shortest or round_trip_s)
        self._since_silence += 1
        if depth == self.depth:
            self._window.append(round_trip_s)
            if len(self._window) >= max(SAMPLES, self.depth):
                self._judge(statistics.median(self._window), self._shortest)

    def busy(self) -> None:
        """The BMC says that it is too much: one at a time, and never again as many in this session."""
        self._most = max(1, self.depth // 2)
        self.depth, self._window = 1, []

    def silent(self) -> None:
        """An answer did not come: one at a time, and fewer at most when that happens again soon."""
        if self._since_silence < CALM:
            self._most = max(1, self._most // 2)
        self.depth, self._window, self._since_silence = 1, [], 0

    def _judge(self, round_trip_s: float, shortest_s: float) -> None:
        if self.depth < min(self._most, self._served) and round_trip_s <= shortest_s * FLAT:
            self.depth *= 2
        elif self.depth > 2 and round_trip_s >= shortest_s * self.depth * QUEUED:
            self.depth //= 2
            self._served = self.depth
        self._window = []
