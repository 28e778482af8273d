"""Data centers: which there are, and which this person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.sites.models import Site


def site_coded(session: Session, code: str) -> Site:
    """The site of that code; raises NotFound."""
    site = session.scalar(select(Site).where(Site.code == code))
    if site is None:
        raise NotFound("no_such_site", f"There is no site {code[:16]}.")
    return site


def has_site(session: Session, code: str) -> bool:
    """True when there is a site of that code."""
    return session.scalar(select(Site.id).where(Site.code == code)) is not None


def visible_site(session: Session, principal: Principal, permission: Permission, code: str) -> Site:
    """The site of that code where this person holds a permission; raises NotFound, also for anybody else's."""
    site = session.scalar(select(Site).where(Site.code == code, visible(principal, permission, Site.id)))
    if site is None:
        raise NotFound("no_such_site", f"There is no site {code[:16]}, or not for you.")
    return site


def all_sites(session: Session) -> Sequence[Site]:
    """Every site by code, with closed days (two queries)."""
    return session.scalars(select(Site).order_by(Site.code)).all()


def visible_sites(
    session: Session, principal: Principal, permission: Permission, *, after: str = "", limit: int | None = None
) -> Sequence[Site]:
    """The sites where this person holds a permission, by code, with closed days (two queries).

    `limit` of them whose codes come after `after`; all unless told otherwise.
    """
    wanted = select(Site).where(visible(principal, permission, Site.id), Site.code > after)
    return session.scalars(wanted.order_by(Site.code).limit(limit)).all()


def visible_codes(session: Session, principal: Principal, permission: Permission) -> Sequence[str]:
    """The codes of the sites where this person holds a permission, in order (one query)."""
    return session.scalars(select(Site.code).where(visible(principal, permission, Site.id)).order_by(Site.code)).all()


def site_codes(session: Session) -> Mapping[int, str]:
    """The code of every site by its id (one query)."""
    return {row.id: row.code for row in session.execute(select(Site.id, Site.code))}
