"""What the frame of a page shows about the person who looks at it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import g, request

from app.core.access import Principal
from app.core.clock import business_now, drill_offset
from app.core.database import transaction
from app.core.permissions import Permission, Role
from app.shifts.queries import site_calendar
from app.shifts.window import closes_at, next_opening, opening_at
from app.sites.models import Site
from app.sites.queries import visible_sites
from app.web.components import PageLink, Shell, SignedIn, SiteHours, place_of

PAGES: Final[tuple[tuple[str, str, Role | Permission], ...]] = (
    ("My day", "/day", Role.TECHNICIAN),
    ("Inbox", "/inbox", Role.L1_ENGINEER),
    ("Referrals", "/queue", Role.SYSADMIN),
    ("Board", "/board", Role.MANAGER),
    ("Orders", "/orders", Permission.ORDERS_READ),
    ("Machines", "/assets", Permission.ASSETS_READ),
    ("Shifts", "/shifts", Permission.SHIFTS_WRITE),
    ("Procedures", "/procedures", Permission.PROCEDURES_WRITE),
    ("Sites", "/sites", Permission.SITES_WRITE),
    ("People", "/people", Permission.PEOPLE_WRITE),
    ("Me", "/me", Permission.SELF),
)


def for_this_request() -> Shell:
    """The shell of the page that this request renders; empty for a visitor."""
    principal: Principal | None = None if g.get("plain_shell") else g.get("principal")
    now = business_now()
    drill_at = now if drill_offset() else None
    if principal is None:
        return Shell(drill_at=drill_at)
    return Shell(_signed_in(principal), _hours(principal, now), drill_at)


def _hours(principal: Principal, now: datetime) -> tuple[SiteHours, ...]:
    """The window of every site that this person sees (two queries)."""
    with transaction() as session:
        return tuple(_window(site, now) for site in visible_sites(session, principal, Permission.SITES_READ))


def _window(site: Site, now: datetime) -> SiteHours:
    calendar = site_calendar(site)
    current, following = opening_at(calendar, now), next_opening(calendar, now)
    return SiteHours(
        place=place_of(site.time_zone),
        time_zone=site.time_zone,
        is_open=current is not None,
        opened_at=current.starts_at if current else None,
        closes_at=closes_at(calendar, now),
        next_opens_at=following.starts_at if following else None,
    )


def _signed_in(principal: Principal) -> SignedIn:
    roles = {grant.role for grant in principal.grants}
    words = sorted(role.words for role in roles)
    links = tuple(
        PageLink(title, url, request.path == url)
        for title, url, for_whom in PAGES
        if (for_whom in roles if isinstance(for_whom, Role) else principal.may(for_whom))
    )
    return SignedIn(principal.full_name, ", ".join(words) or "no role yet", links, "/sign-out", principal.name)
