"""Who people are and what they hold, read fresh for every request: a change counts at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Select, Text, bindparam, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.access import Grant, Principal
from app.core.asking import Asker, Question
from app.core.errors import NotFound
from app.core.permissions import Permission, Role
from app.people.models import ApiToken, Person, RoleGrant, WebSession

IDLE = timedelta(hours=12)


def secret_hash(secret: str) -> str:
    """SHA-256 (hex): all that the database knows of a session's or a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def principal_of_session(asker: Asker, secret: str, now: datetime) -> tuple[Principal, datetime] | None:
    """Who holds a browser's secret, and when they were last seen (one query).

    None when nobody does, after 12 hours of silence, after 7 days, or once the person is deactivated.
    """
    given = {"hash": secret_hash(secret), "now": now, "idle": now - IDLE}
    rows = _BY_SESSION.ask(asker, given)
    return (_principal(rows), rows[0][-1]) if rows else None


def principal_of_token(asker: Asker, secret: str, now: datetime) -> Principal | None:
    """Who holds an API token (one query); None when it is unknown, revoked, expired, or its person deactivated."""
    rows = _BY_TOKEN.ask(asker, {"hash": secret_hash(secret), "now": now})
    if not rows:
        return None
    scopes: list[str] | None = rows[0][-1]
    return _principal(rows, None if scopes is None else frozenset(Permission(s) for s in scopes))


def _person_and_grants(extra: Any) -> Select[Any]:
    """Columns only: no object of this query may linger in the request's session."""
    return (
        select(Person.id, Person.name, Person.full_name, Person.language, RoleGrant.role, RoleGrant.site_id, extra)
        .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.active)
    )


_HASH = bindparam("hash", type_=Text)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_BY_SESSION = Question(
    _person_and_grants(WebSession.seen_at)
    .join(WebSession, WebSession.person_id == Person.id)
    .where(WebSession.secret_hash == _HASH, WebSession.expires_at > _NOW, WebSession.seen_at > bindparam("idle"))
)
_BY_TOKEN = Question(
    _person_and_grants(ApiToken.scopes)
    .join(ApiToken, ApiToken.person_id == Person.id)
    .where(ApiToken.secret_hash == _HASH, ApiToken.revoked_at.is_(None))
    .where(ApiToken.expires_at.is_(None) | (ApiToken.expires_at > _NOW))
)


def _principal(rows: Sequence[tuple[Any, ...]], scopes: frozenset[Permission] | None = None) -> Principal:
    grants = frozenset(Grant(Role(role), site_id) for *_, role, site_id, _ in rows if role is not None)
    person_id, name, full_name, language, *_ = rows[0]
    return Principal(person_id, name, full_name, grants, scopes, language)


def person_named(session: Session, name: str) -> Person:
    """The person of that name; raises NotFound."""
    person = session.scalar(select(Person).where(Person.name == name))
    if person is None:
        raise NotFound("no_such_person", f"There is no person {name}.")
    return person


def exists(session: Session, name: str) -> bool:
    """True when somebody of that name is there, active or not."""
    return session.scalar(select(Person.id).where(Person.name == name)) is not None


def password_of(session: Session, name: str) -> tuple[int, str] | None:
    """Id and password hash of somebody who may sign in with a password; None for anybody else."""
    row = session.execute(
        select(Person.id, Person.password_hash).where(
            Person.name == name, Person.active, Person.password_hash.is_not(None)
        )
    ).first()
    return (row.id, row.password_hash) if row else None


def everybody(session: Session, *, after: str = "", limit: int = 200) -> Sequence[Person]:
    """People by name, a page at a time (two queries: people and their roles)."""
    page = select(Person).where(Person.name > after).order_by(Person.name).limit(limit)
    return session.scalars(page.options(selectinload(Person.grants))).all()


def technicians_of(session: Session, site_id: int) -> Sequence[Person]:
    """Who is active and may work as a technician at the site, by name (one query)."""
    here = or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None))
    holding = select(RoleGrant.person_id).where(RoleGrant.role == Role.TECHNICIAN, here)
    return session.scalars(select(Person).where(Person.id.in_(holding), Person.active).order_by(Person.name)).all()


def tokens_of(session: Session, person_id: int) -> Sequence[ApiToken]:
    """A person's tokens that still count, newest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    ).all()


def token_of(session: Session, person_id: int, token_id: int) -> ApiToken:
    """One of a person's own tokens; raises NotFound, also for another person's."""
    token = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person_id))
    if token is None:
        raise NotFound("no_such_token", "There is no such token.")
    return token


def is_last_admin(session: Session, person_id: int) -> bool:
    """True when nobody else who is active administers."""
    others = (
        select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.ADMIN, Person.active, Person.id != person_id)
    )
    return session.scalar(others.limit(1)) is None


def held(grants: Iterable[RoleGrant], role: Role, site_id: int | None) -> RoleGrant | None:
    """The grant of exactly that role at exactly that site (None: all sites), if there is one."""
    return next((g for g in grants if g.role == role and g.site_id == site_id), None)
