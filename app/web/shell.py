"""What the frame of a page shows about the person who looks at it."""

from __future__ import annotations

from typing import Final

from flask import g, request

from app.core.access import Principal
from app.core.clock import business_now, drill_offset
from app.core.permissions import Permission
from app.web.components import PageLink, Shell, SignedIn

PAGES: Final = (
    ("My day", "/day", Permission.ORDERS_ACT),
    ("People", "/people", Permission.PEOPLE_WRITE),
    ("Me", "/me", Permission.SELF),
)


def for_this_request() -> Shell:
    """The shell of the page that this request renders; empty for a visitor."""
    principal: Principal | None = None if g.get("plain_shell") else g.get("principal")
    drill_at = business_now() if drill_offset() else None
    return Shell(_signed_in(principal) if principal else None, (), drill_at)


def _signed_in(principal: Principal) -> SignedIn:
    roles = sorted({grant.role.value.replace("_", " ") for grant in principal.grants})
    links = tuple(
        PageLink(title, url, request.path == url) for title, url, permission in PAGES if principal.may(permission)
    )
    return SignedIn(principal.full_name, ", ".join(roles) or "no role yet", links, "/sign-out")
