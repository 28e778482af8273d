"""What keeps a flood of notifications small: what one may send, what was heard already, whose clock runs back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

WINDOW_S: Final = 150  # RFC 3414 2.2.3
LATCHED_BOOTS: Final = 2**31 - 1  # an engine that has counted to its end proves nothing any more


class Drop(StrEnum):
    """Why a datagram was counted and not kept."""

    UNKNOWN_SENDER = "unknown_sender"  # no asset of ours has this address
    DENIED = "wrong_credentials"  # not the community, user, protection or key that the asset's credentials say
    AMBIGUOUS = "ambiguous"  # several assets share address and credentials
    MALFORMED = "malformed"
    REPLAYED = "replayed"  # outside the time window of SNMPv3
    DUPLICATE = "duplicate"  # the same notification again
    LIMITED = "too_many"
    OVERRUN = "overrun"  # came faster than they were read: the system dropped them


@dataclass(slots=True)
class Bucket:
    """Lets `burst` through at once and `per_s` a second after that. `now` is any clock that never runs back."""

    burst: float
    per_s: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.burst

    def take(self, now: float) -> bool:
        """Take one; False when there is none left."""
        if not self.has_some(now):
            return False
        self.level -= 1
        return True

    def has_some(self, now: float) -> bool:
        """True when one could be taken."""
        self.level, self.at = min(self.burst, self.level + (now - self.at) * self.per_s), now
        return self.level >= 1


@dataclass(frozen=True, slots=True)
class Clock:
    """What an engine's clock was when last heard: its restarts, its seconds since, and when we heard it."""

    boots: int
    engine_time: int
    heard_at: float  # seconds, of a clock that survives our own restart


def is_in_window(known: Clock | None, heard: Clock) -> bool:
    """True for a message that is not older than what its engine has proved before (RFC 3414 3.2, 7b)."""
    if heard.boots >= LATCHED_BOOTS:
        return False
    if known is None or heard.boots > known.boots:
        return True
    elapsed = max(0.0, heard.heard_at - known.heard_at)
    return heard.boots == known.boots and heard.engine_time >= known.engine_time + elapsed - WINDOW_S


def later(known: Clock | None, heard: Clock) -> Clock:
    """The clock to remember: one that a late message shows is not turned back."""
    if known is None or (heard.boots, heard.engine_time) > (known.boots, known.engine_time):
        return heard
    return known
