"""Who is asking: the principal of a request, and the permission that each route declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import g
from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute

from app.core.errors import NotAllowed, Unauthenticated
from app.core.permissions import Permission, Role, permissions_of

P = ParamSpec("P")
R = TypeVar("R")

ATTRIBUTE = "rackside_permission"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role at one site, or at every site (site_id None)."""

    role: Role
    site_id: int | None


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or program that proved who it is, with what it holds now."""

    person_id: int
    name: str
    full_name: str
    grants: frozenset[Grant]
    scopes: frozenset[Permission] | None = None  # an API token may hold less than its owner
    language: str | None = None  # of the pages; None: as the browser asks

    @property
    def is_program(self) -> bool:
        """True for who is nothing but an integration: what it says was not said by a person."""
        return bool(self.grants) and all(g.role == Role.INTEGRATION for g in self.grants)

    def holds(self, role: Role, site_id: int | None) -> bool:
        """True when the role is held at that site (or everywhere); site None: at every site."""
        return any(g.role == role and g.site_id in (None, site_id) for g in self.grants)

    def roles_at(self, site_id: int | None) -> frozenset[Role]:
        """The roles held at that site."""
        return frozenset(g.role for g in self.grants if g.site_id in (None, site_id))

    def may(self, permission: Permission, site_id: int | None = None) -> bool:
        """True when some role gives the permission at `site_id`, or at any site when None."""
        if self.scopes is not None and permission not in self.scopes:
            return False
        if permission == Permission.SELF:
            return True
        return any(
            permission in permissions_of(g.role) and (site_id is None or g.site_id in (None, site_id))
            for g in self.grants
        )

    def sites_for(self, permission: Permission) -> frozenset[int] | None:
        """Ids of the sites where the permission is held; None means every site."""
        giving = [g for g in self.grants if permission in permissions_of(g.role)]
        if self.scopes is not None and permission not in self.scopes:
            return frozenset()
        if any(g.site_id is None for g in giving):
            return None
        return frozenset(g.site_id for g in giving if g.site_id is not None)


def visible(
    principal: Principal, permission: Permission, column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """The WHERE clause that keeps a query to this person's sites: looking up is the authorisation."""
    sites = principal.sites_for(permission)
    return true() if sites is None else column.in_(sites)


def current() -> Principal:
    """The principal of this request; raises Unauthenticated when there is none."""
    principal: Principal | None = g.get("principal")
    if principal is None:
        raise Unauthenticated("unauthenticated", "Sign in first, or send a valid bearer token.")
    return principal


def needs(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare and enforce what a route needs. Every route carries exactly one declaration; a test walks them all."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if permission != Permission.PUBLIC and not current().may(permission):
                raise NotAllowed("not_allowed", "Your role does not include this. Ask an administrator if it should.")
            return view(*args, **kwargs)

        setattr(guarded, ATTRIBUTE, permission)
        return guarded

    return decorate


def declared(view: Callable[..., Any]) -> Permission | None:
    """The permission a view function declares, None when it forgot."""
    found: Permission | None = getattr(view, ATTRIBUTE, None)
    return found
