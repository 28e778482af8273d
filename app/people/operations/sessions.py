"""Signing in and out. Every attempt is counted before the password is looked at: trying in parallel gains nothing."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core.browser import LIFETIME
from app.core.errors import TooMany
from app.people.models import Person, SignInAttempt, WebSession
from app.people.queries import IDLE, secret_hash

COUNTED: Final = timedelta(minutes=15)
PER_NAME: Final = 10
PER_ADDRESS: Final = 100
SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted against a name and an address."""

    name: str
    subjects: tuple[str, ...]
    at: datetime


def attempt(session: Session, *, name: str, address: str | None, now: datetime) -> Attempt:
    """Count an attempt as failed until it succeeded; raises TooMany (with how long to wait) at the limit.

    At most 10 failures a name and 100 an address within 15 minutes; an IPv6 address counts as its /64.
    """
    name = name[:64]
    limits = {f"name:{name}": PER_NAME, f"address:{_network(address)}": PER_ADDRESS}
    for subject, limit in sorted(limits.items()):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(subject, 0))))
        session.execute(
            delete(SignInAttempt).where(SignInAttempt.subject == subject, SignInAttempt.at <= now - COUNTED)
        )
        count, oldest = session.execute(
            select(func.count(), func.min(SignInAttempt.at)).where(SignInAttempt.subject == subject)
        ).one()
        if count >= limit:
            wait_s = max(1, int((oldest + COUNTED - now).total_seconds()) + 1)
            raise TooMany(
                "too_many_attempts",
                f"Too many failed sign-ins. Try again in {wait_s // 60 + 1} minutes.",
                retry_after_s=wait_s,
            )
        session.add(SignInAttempt(subject=subject, at=now))
    return Attempt(name, tuple(limits), now)


def sign_in(
    session: Session, counted: Attempt, *, person_id: int, secret: str, replaces: str | None, now: datetime
) -> None:
    """Open a session for a person who proved who they are: their failures are forgotten, `replaces` ends.

    `secret` is what the browser will send, `replaces` what it sent so far.
    """
    by_name, by_address = counted.subjects
    session.execute(delete(SignInAttempt).where(SignInAttempt.subject == by_name))
    session.execute(delete(SignInAttempt).where(SignInAttempt.subject == by_address, SignInAttempt.at == counted.at))
    if replaces:
        sign_out(session, replaces)
    session.add(
        WebSession(
            secret_hash=secret_hash(secret), person_id=person_id, created_at=now, seen_at=now, expires_at=now + LIFETIME
        )
    )


def sign_out(session: Session, secret: str) -> None:
    """End the session of a browser's secret, if there is one."""
    session.execute(delete(WebSession).where(WebSession.secret_hash == secret_hash(secret)))


def end_all(session: Session, person: Person, *, but: str | None = None) -> None:
    """End every session of a person, except the one of the secret `but`."""
    ending = delete(WebSession).where(WebSession.person_id == person.id)
    session.execute(ending.where(WebSession.secret_hash != secret_hash(but)) if but else ending)


def forget_ended(session: Session, now: datetime) -> None:
    """Drop sessions that ended by themselves, and attempts that count no more."""
    session.execute(delete(WebSession).where((WebSession.expires_at <= now) | (WebSession.seen_at <= now - IDLE)))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - COUNTED))


def falls_idle(seen_at: datetime, now: datetime) -> bool:
    """Whether it is time to note that a session is used: once a minute is enough."""
    return now - seen_at >= SEEN_EVERY


def touch(session: Session, secret: str, now: datetime) -> None:
    """Keep a session from falling idle."""
    session.execute(update(WebSession).where(WebSession.secret_hash == secret_hash(secret)).values(seen_at=now))


def _network(address: str | None) -> str:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
