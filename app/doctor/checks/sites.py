"""Sites and people: hours and holidays known, somebody on shift, somebody who may administer and hear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, or_, select

from app.core.permissions import Role
from app.doctor.findings import Said, count, ok, problem, some, warning
from app.doctor.look import Look
from app.people.models import ApiToken, Person, RoleGrant
from app.shifts.models import Roster
from app.shifts.queries import shifts_of
from app.sites.models import Site

YEAR: Final = timedelta(days=365)
AHEAD: Final = timedelta(days=14)
ENDS_SOON: Final = timedelta(days=14)
NEEDED: Final = {
    Role.ADMIN: "administers people and sites",
    Role.L1_ENGINEER: "creates orders and answers customers",
    Role.MANAGER: "approves and hears of a missed promise",
}


def calendars(look: Look) -> Iterator[Said]:
    """Whether the sites' closed days of the coming year are known and decided on."""
    today = look.clock().date()
    with look.session() as session:
        sites = session.scalars(select(Site).order_by(Site.code)).all()
        coming = {site.code: [day for day in site.closed_days if today <= day.day <= today + YEAR] for site in sites}
    if not sites:
        yield warning("There is no data center yet.", "Add one: ./rackside site add CODE --name ... --time-zone ...")
        return
    without = [code for code, days in coming.items() if not days]
    proposed = [code for code, days in coming.items() if any(day.confirmed_at is None for day in days)]
    if without:
        yield warning(
            f"{some(without)}: no closed day within a year is known, so work is booked on public holidays.",
            f"Run ./rackside site change {without[0]} --country CC where it has none, "
            f"./rackside site propose {without[0]}, then ./rackside site close {without[0]} --proposed.",
        )
    if proposed:
        yield warning(
            f"{some(proposed)}: proposed holidays wait for a person, and work is booked on them.",
            f"Look at ./rackside site closed {proposed[0]}, then site close {proposed[0]} --proposed.",
        )
    if not without and not proposed:
        yield ok(f"Hours and closed days of {count(len(sites), 'site', 'sites')} are known.")


def shifts(look: Look) -> Iterator[Said]:
    """Whether somebody can be booked at each site, and every technician is on a roster."""
    now = look.clock()
    technician = exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.TECHNICIAN)
    counts = or_(Roster.valid_until.is_(None), Roster.valid_until >= now.date())
    rostered = exists().where(Roster.person_id == Person.id, counts)
    with look.session() as session:
        sites = session.scalars(select(Site).order_by(Site.code)).all()
        found = shifts_of(session, dict.fromkeys(sites, now), now + AHEAD)
        idle = session.scalars(
            select(Person.name).where(Person.active, technician, ~rostered).order_by(Person.name)
        ).all()
        empty = [site.code for site in sites if not found[site]]
    if empty:
        yield problem(
            f"Nobody is on shift at {some(empty)} in the next 14 days: nothing can be booked there.",
            f"Enter who works when: ./rackside shift set {empty[0]} NAME.",
        )
    if idle:
        yield warning(
            f"Technicians without any shift: {some(idle)}.", "Enter when they work: ./rackside shift set SITE NAME."
        )
    if not empty and not idle:
        yield ok("Somebody is on shift at every site in the next 14 days.")


def people(look: Look) -> Iterator[Said]:
    """Whether there is somebody for every role that others depend on."""
    with look.session() as session:
        held = set(
            session.scalars(
                select(RoleGrant.role).join(Person, Person.id == RoleGrant.person_id)
                .where(Person.active, Person.password_hash.is_not(None)).distinct()
            )
        )  # fmt: skip
    missing = [role for role in NEEDED if role not in held]
    for role in missing:
        make = problem if role == Role.ADMIN else warning
        yield make(
            f"Nobody who can sign in {NEEDED[role]} (role {role}).",
            f"./rackside person grant NAME {role}@all gives it.",
        )
    if not missing:
        yield ok("Somebody administers, answers customers and hears of missed promises.")


def tokens(look: Look) -> Iterator[Said]:
    """API tokens that end soon: the program that has one stops with it."""
    now = look.clock()
    ending = (
        select(Person.name, ApiToken.name, ApiToken.expires_at)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.revoked_at.is_(None), Person.active)
        .where(ApiToken.expires_at > now, ApiToken.expires_at < now + ENDS_SOON)
        .order_by(ApiToken.expires_at)
    )
    with look.session() as session:
        found = [f"{purpose} of {name} on {ends_at:%Y-%m-%d}" for name, purpose, ends_at in session.execute(ending)]
    if found:
        yield warning(f"API tokens end soon: {some(found)}.", "Make new ones: ./rackside token create NAME.")
    else:
        yield ok("No API token ends in the next 14 days.")
