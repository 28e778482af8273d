"""API tokens: shown once, kept as SHA-256, never more than their person may, revocable at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.events import record
from app.core.permissions import Permission
from app.people.models import ApiToken, Person
from app.people.queries import secret_hash

PREFIX: Final = "rks_"  # lets secret scanners recognise a leaked one


def create_token(
    session: Session,
    person: Person,
    *,
    name: str,
    by: str,
    now: datetime,
    scopes: Iterable[Permission] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again.

    `scopes` None: all that the person may. `expires_at` None: until revoked. Both are only ever narrower than the
    person's own roles. Raises Invalid for a blank name, an expiry in the past, or somebody deactivated.
    """
    if not name.strip():
        raise _wrong("name", "Say what the token is for.")
    if expires_at is not None and expires_at <= now:
        raise _wrong("expires_at", "The token would have expired already.")
    if not person.active:
        raise _wrong("person", f"{person.full_name} is deactivated.")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person_id=person.id,
        name=name.strip(),
        secret_hash=secret_hash(secret),
        scopes=None if scopes is None else sorted(scope.value for scope in scopes),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    detail = {"token": token.name, "id": token.id, "scopes": token.scopes}
    record(session, f"person:{person.name}", now=now, by=by, verb="token_created", detail=detail)
    return token, secret


def revoke_token(session: Session, token: ApiToken, *, by: str, now: datetime) -> None:
    """Take a token back, at once; one already revoked stays as it is."""
    if token.revoked_at is None:
        token.revoked_at = now
        detail = {"token": token.name, "id": token.id}
        record(session, f"person:{token.person.name}", now=now, by=by, verb="token_revoked", detail=detail)


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid("invalid", sentence, [FieldError(field, "invalid", sentence)])
