"""The truth table: role x permission x site, as a person would write it on a wall."""

from __future__ import annotations

import pytest

from app.core.access import Grant, Principal
from app.core.permissions import Permission, Role

HERE, ELSEWHERE = 1, 2

COLUMNS = (Role.TECHNICIAN, Role.L1_ENGINEER, Role.SYSADMIN, Role.MANAGER, Role.ADMIN, Role.INTEGRATION)
TABLE = {
    #                             technician  l1   sysadmin  manager  admin  integration
    Permission.ORDERS_READ:       "x          x    x         x        -      x",
    Permission.ORDERS_CREATE:     "-          x    -         -        -      x",
    Permission.ORDERS_ACT:        "x          x    x         x        -      x",
    Permission.REFERRALS_ACT:     "-          x    x         x        -      -",
    Permission.DIAGNOSTICS_READ:  "x          x    x         x        -      -",
    Permission.DIAGNOSTICS_TAKE:  "x          x    x         -        -      -",
    Permission.ID_LED:            "x          -    x         -        -      -",
    Permission.ASSETS_READ:       "x          x    x         x        x      x",
    Permission.ASSETS_WRITE:      "-          -    x         -        -      -",
    Permission.SITES_READ:        "x          x    x         x        x      x",
    Permission.SITES_WRITE:       "-          -    -         -        x      -",
    Permission.PROCEDURES_WRITE:  "-          -    -         -        x      -",
    Permission.SHIFTS_READ:       "x          x    x         x        x      -",
    Permission.SHIFTS_WRITE:      "-          -    -         x        -      -",
    Permission.PEOPLE_WRITE:      "-          -    -         -        x      -",
    Permission.BOARD_READ:        "-          -    -         x        -      -",
    Permission.PARTS_READ:        "x          x    x         x        -      -",
    Permission.PARTS_WRITE:       "x          -    -         x        -      -",
    Permission.MESSAGES_READ:     "-          x    -         x        -      -",
    Permission.MESSAGES_WRITE:    "-          -    -         x        x      -",
    Permission.SELF:              "x          x    x         x        x      x",
}  # fmt: skip


def holding(role: Role, site_id: int | None, scopes: frozenset[Permission] | None = None) -> Principal:
    return Principal(1, "tess", "Tess", frozenset({Grant(role, site_id)}), scopes)


CELLS = [
    (role, permission, mark == "x")
    for permission, marks in TABLE.items()
    for role, mark in zip(COLUMNS, marks.split(), strict=True)
]


@pytest.mark.parametrize(("role", "permission", "held"), CELLS)
def test_a_role_at_one_site_gives_what_the_table_says_there_and_nothing_elsewhere(
    role: Role, permission: Permission, held: bool
) -> None:
    someone = holding(role, HERE)
    assert someone.may(permission, HERE) is held
    assert someone.may(permission) is held
    assert someone.may(permission, ELSEWHERE) is (permission == Permission.SELF)
    assert someone.sites_for(permission) == (frozenset({HERE}) if held else frozenset())


@pytest.mark.parametrize(("role", "permission", "held"), CELLS)
def test_a_role_for_all_sites_gives_what_the_table_says_everywhere(
    role: Role, permission: Permission, held: bool
) -> None:
    someone = holding(role, None)
    assert someone.may(permission, HERE) is someone.may(permission, ELSEWHERE) is held
    assert someone.sites_for(permission) == (None if held else frozenset())


def test_the_table_leaves_no_permission_out() -> None:
    assert set(TABLE) | {Permission.PUBLIC} == set(Permission)
    assert set(COLUMNS) == set(Role)


def test_two_roles_at_two_sites_do_not_mix() -> None:
    both = frozenset({Grant(Role.TECHNICIAN, HERE), Grant(Role.MANAGER, ELSEWHERE)})
    someone = Principal(1, "tess", "Tess", both)
    assert someone.may(Permission.ID_LED, HERE)
    assert not someone.may(Permission.ID_LED, ELSEWHERE)
    assert someone.may(Permission.BOARD_READ, ELSEWHERE)
    assert not someone.may(Permission.BOARD_READ, HERE)
    assert someone.sites_for(Permission.ORDERS_READ) == frozenset({HERE, ELSEWHERE})


def test_nobody_without_a_role_may_anything_but_be_themselves() -> None:
    nobody = Principal(1, "new", "New", frozenset())
    assert [permission for permission in TABLE if nobody.may(permission)] == [Permission.SELF]


def test_a_token_s_scopes_narrow_and_never_widen() -> None:
    scoped = holding(Role.TECHNICIAN, HERE, frozenset({Permission.ASSETS_READ, Permission.PEOPLE_WRITE}))
    assert [permission for permission in TABLE if scoped.may(permission)] == [Permission.ASSETS_READ]
    assert scoped.sites_for(Permission.ORDERS_READ) == frozenset()
