"""People, the roles they hold, and their passwords. Every change is an event in the stream `person:<name>`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import record
from app.core.permissions import Role
from app.people import queries
from app.people.models import Person, RoleGrant
from app.people.operations import passwords, sessions, tokens
from app.sites.models import Site

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
PHONE: Final = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}")


def add_person(
    session: Session,
    *,
    name: str,
    full_name: str,
    by: str,
    now: datetime,
    password: str | None = None,
    email: str | None = None,
    phone: str | None = None,
) -> Person:
    """Add somebody without roles. Without a password they sign in nowhere: tokens only, as programs do.

    Raises Invalid for a name that is not lower-case letters, digits, `.`, `_`, `-`, and Conflict for one that exists.
    """
    if not NAME.fullmatch(name):
        raise _wrong("name", "A name is up to 64 lower-case letters, digits, dots, dashes and underscores.")
    if not full_name.strip():
        raise _wrong("full_name", "The full name is missing.")
    if queries.exists(session, name):
        raise Conflict("name_taken", f"There is a person {name} already.")
    stored = passwords.hashed(password, name=name) if password is not None else None
    person = Person(name=name, full_name=full_name.strip(), email=email, phone=phone, password_hash=stored)
    session.add(person)
    session.flush()
    record(session, stream(person), now=now, by=by, verb="added", detail={"full_name": person.full_name})
    return person


def set_phone(session: Session, person: Person, phone: str | None, *, by: str, now: datetime) -> None:
    """Say under which number a person is reached; None: under none. Raises Invalid for what is no number."""
    if phone is not None and not PHONE.fullmatch(phone):
        raise _wrong("phone", "A telephone number is digits and spaces, with + and the country in front.")
    person.phone = phone
    record(session, stream(person), now=now, by=by, verb="phone_set")


def grant(session: Session, person: Person, role: Role, site: Site | None, *, by: str, now: datetime) -> RoleGrant:
    """Let a person hold a role at a site (None: at all sites); holding it already is no error.

    Raises Invalid for admin at one site: administration has no site.
    """
    if role == Role.ADMIN and site is not None:
        raise _wrong("role", "The role admin is held for all sites.")
    site_id = site.id if site else None
    if (held := queries.held(person.grants, role, site_id)) is not None:
        return held
    given = RoleGrant(person_id=person.id, role=role, site_id=site_id)
    person.grants.append(given)
    record(session, stream(person), now=now, by=by, verb="role_granted", detail=_role_detail(role, site))
    return given


def revoke(session: Session, person: Person, role: Role, site: Site | None, *, by: str, now: datetime) -> None:
    """Take a role at a site (None: the grant for all sites) back, at once; not holding it is no error.

    Raises Conflict when nobody would administer any more.
    """
    held = queries.held(person.grants, role, site.id if site else None)
    if held is None:
        return
    if role == Role.ADMIN:
        _keep_an_admin(session, person)
    person.grants.remove(held)
    record(session, stream(person), now=now, by=by, verb="role_revoked", detail=_role_detail(role, site))


def deactivate(session: Session, person: Person, *, by: str, now: datetime) -> None:
    """Shut a person out at once: sessions end, tokens are revoked, the name and the history stay."""
    if not person.active:
        return
    if queries.held(person.grants, Role.ADMIN, None):
        _keep_an_admin(session, person)
    person.active = False
    sessions.end_all(session, person)
    for token in queries.tokens_of(session, person.id):
        tokens.revoke_token(session, token, by=by, now=now)
    record(session, stream(person), now=now, by=by, verb="deactivated")


def activate(session: Session, person: Person, *, by: str, now: datetime) -> None:
    """Let a person back in, with the roles they held; their tokens stay revoked."""
    if not person.active:
        person.active = True
        record(session, stream(person), now=now, by=by, verb="activated")


def set_password(
    session: Session, person: Person, password: str, *, by: str, now: datetime, keep: str | None = None
) -> None:
    """Replace a password and end every session of that person, except the one of the secret `keep`."""
    person.password_hash = passwords.hashed(password, name=person.name)
    sessions.end_all(session, person, but=keep)
    record(session, stream(person), now=now, by=by, verb="password_set")


def stream(person: Person) -> str:
    """The stream of events about a person."""
    return f"person:{person.name}"


def _keep_an_admin(session: Session, person: Person) -> None:
    if queries.is_last_admin(session, person.id):
        raise Conflict("last_admin", f"{person.full_name} is the last administrator: appoint another one first.")


def _role_detail(role: Role, site: Site | None) -> dict[str, str]:
    return {"role": role.value, "site": site.code if site else "all"}


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid("invalid", sentence, [FieldError(field, "invalid", sentence)])
