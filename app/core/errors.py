"""Typed errors: what went wrong, whether trying again helps, and what a person should do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a request: its path, a code for programs, a sentence for people."""

    field: str
    code: str
    detail: str


class AppError(Exception):
    """A refusal that the caller can understand: a code for programs, a sentence for people.

    Rendered once, at the edge: as a page, or as RFC 9457 problem+json for the API.
    """

    status = 500

    def __init__(
        self, code: str, detail: str, errors: Sequence[FieldError] = (), *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s


class Invalid(AppError):
    """What was sent cannot be accepted as it is."""

    status = 422


class Unauthenticated(AppError):
    """Nobody is signed in, or the token is not valid."""

    status = 401


class NotAllowed(AppError):
    """Signed in, but this role may not do that."""

    status = 403


class NotFound(AppError):
    """Not there, or not visible to this person: the two look the same on purpose."""

    status = 404


class Conflict(AppError):
    """The state does not permit it: somebody was first, or the rules say not now."""

    status = 409


class VersionConflict(AppError):
    """The caller's copy is stale (HTTP 412)."""

    status = 412


class TooMany(AppError):
    """Rate limit reached: wait and try again."""

    status = 429


class Unavailable(AppError):
    """A part that is needed does not answer now."""

    status = 503


class HardwareError(Exception):
    """A device did not give what was asked: reason for the page, advice for the person, never a secret."""

    status = "unreachable"
    retryable = True

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


class Unreachable(HardwareError):
    """Nothing answers at the address."""

    status = "unreachable"


class TimedOut(HardwareError):
    """It answered, or might have, but not inside the deadline."""

    status = "timeout"


class AuthRefused(HardwareError):
    """The device knows neither the name nor the password."""

    status = "auth_refused"
    retryable = False


class Refused(HardwareError):
    """The device answers but will not serve us now (sessions exhausted, busy, privilege)."""

    status = "refused"


class Malformed(HardwareError):
    """The answer breaks its own protocol."""

    status = "malformed"


class Unsupported(HardwareError):
    """The device does not offer what was asked."""

    status = "unsupported"
    retryable = False
