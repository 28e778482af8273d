"""One-time codes that Level 1 reads out by phone when the tablet has no network. Pure.

A code counts for one subject (a guard of one order, and what that looks at) and ten minutes. The tablet holds a
salted hash for each ten minutes of the day and checks by its own clock; the server checks again, and that it was read
out and not used before.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that sounds or looks like another
LENGTH = 8  # 30^8: beyond guessing at a rack
WINDOW = timedelta(minutes=10)
ROUNDS = 1000
SPELLED = {
    "A": "Alfa", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Echo", "F": "Foxtrot", "G": "Golf", "H": "Hotel",
    "J": "Juliett", "K": "Kilo", "M": "Mike", "N": "November", "P": "Papa", "Q": "Quebec", "R": "Romeo", "S": "Sierra",
    "T": "Tango", "V": "Victor", "W": "Whiskey", "X": "X-ray", "Y": "Yankee", "Z": "Zulu",
}  # fmt: skip


def window_of(at: datetime) -> int:
    """Number of the ten minutes that `at` lies in."""
    return int(at.timestamp() // WINDOW.total_seconds())


def window_end(window: int) -> datetime:
    """When a code of this window ends: with the window after it, so that none expires while it is read out."""
    return datetime.fromtimestamp((window + 2) * WINDOW.total_seconds(), UTC)


def code_for(secret: str, subject: str, window: int) -> str:
    """The code of this order's secret, for this subject, in this window."""
    digest = hmac.new(bytes.fromhex(secret), f"{subject}|{window}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:16])
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(LENGTH))


def plain(code: object) -> str:
    """A code as it was typed, without spaces and dashes, in capitals."""
    return "".join(c for c in str(code or "").upper() if c.isalnum())


def fitting_window(code: object, secret: str, subject: str, at: datetime) -> int | None:
    """The window whose code this is, now or just before; None when it is none of them."""
    for window in (window_of(at), window_of(at) - 1):
        if hmac.compare_digest(plain(code).encode(), code_for(secret, subject, window).encode()):
            return window
    return None


def salt_of(secret: str) -> str:
    """The salt that the tablet may know, from the secret that it may not."""
    return hashlib.sha256(f"salt|{secret}".encode()).hexdigest()[:32]


def hashes(secret: str, subject: str, since: datetime, until: datetime) -> list[str]:
    """What the tablet holds: one hash for each window from `since` to `until` (at most a day), in hex."""
    first, last = window_of(since), window_of(min(until, since + timedelta(days=1)))
    salt = bytes.fromhex(salt_of(secret))
    return [
        hashlib.pbkdf2_hmac("sha256", code_for(secret, subject, window).encode(), salt, ROUNDS).hex()
        for window in range(first, last + 1)
    ]
