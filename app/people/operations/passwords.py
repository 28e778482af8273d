"""Passwords: argon2id, the same work for names that do not exist, never more memory than the machine has to give."""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import FieldError, Invalid

SHORTEST = 10
LONGEST = 200
AT_ONCE = 4  # verifications in parallel: each takes 19 MiB

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_working = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str, *, name: str) -> str:
    """The hash to store (about 30 ms); raises Invalid for a password that is too short, too long or the name itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refused(f"A password has {SHORTEST} to {LONGEST} characters.")
    if name.lower() in password.lower() and len(password) < len(name) + SHORTEST:
        raise _refused("A password is not the name with little around it.")
    with _working:
        return _hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """True when `password` is the one behind `stored`; None (nobody there) costs the same time and is never true."""
    with _working:
        try:
            _hasher.verify(stored or _nobody(), _normal(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None and len(password) <= LONGEST


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    """The same characters, however the keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def _refused(sentence: str) -> Invalid:
    return Invalid("weak_password", sentence, [FieldError("password", "weak_password", sentence)])
