"""Who may do what: roles, permissions, and the one table that joins them."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Held per site or for all sites; admin only for all."""

    TECHNICIAN = "technician"
    L1_ENGINEER = "l1_engineer"
    SYSADMIN = "sysadmin"
    MANAGER = "manager"
    ADMIN = "admin"
    INTEGRATION = "integration"

    @property
    def words(self) -> str:
        """The role as people say it."""
        return _WORDS.get(self, self.value)


_WORDS = {Role.L1_ENGINEER: "Level 1 engineer", Role.SYSADMIN: "system administrator"}


class Permission(StrEnum):
    """What a route declares it needs: `area:verb`."""

    PUBLIC = "public:any"
    SELF = "self:any"
    ORDERS_READ = "orders:read"
    ORDERS_CREATE = "orders:create"
    ORDERS_ACT = "orders:act"
    REFERRALS_ACT = "referrals:act"
    DIAGNOSTICS_READ = "diagnostics:read"
    DIAGNOSTICS_TAKE = "diagnostics:take"
    ID_LED = "id_led:use"
    ASSETS_READ = "assets:read"
    ASSETS_WRITE = "assets:write"
    SITES_READ = "sites:read"
    SITES_WRITE = "sites:write"
    SHIFTS_READ = "shifts:read"
    SHIFTS_WRITE = "shifts:write"
    PEOPLE_WRITE = "people:write"
    PROCEDURES_WRITE = "procedures:write"
    BOARD_READ = "board:read"
    PARTS_READ = "parts:read"
    PARTS_WRITE = "parts:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"


_P = Permission
_READERS = {_P.ORDERS_READ, _P.DIAGNOSTICS_READ, _P.ASSETS_READ, _P.SITES_READ, _P.SHIFTS_READ, _P.PARTS_READ}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.TECHNICIAN: frozenset(_READERS | {_P.ORDERS_ACT, _P.DIAGNOSTICS_TAKE, _P.ID_LED, _P.PARTS_WRITE}),
    Role.L1_ENGINEER: frozenset(
        _READERS | {_P.ORDERS_CREATE, _P.ORDERS_ACT, _P.DIAGNOSTICS_TAKE, _P.REFERRALS_ACT, _P.MESSAGES_READ}
    ),
    Role.SYSADMIN: frozenset(
        _READERS | {_P.ORDERS_ACT, _P.DIAGNOSTICS_TAKE, _P.ID_LED, _P.ASSETS_WRITE, _P.REFERRALS_ACT}
    ),
    Role.MANAGER: frozenset(
        _READERS
        | {
            _P.ORDERS_ACT,
            _P.REFERRALS_ACT,
            _P.BOARD_READ,
            _P.SHIFTS_WRITE,
            _P.MESSAGES_READ,
            _P.MESSAGES_WRITE,
            _P.PARTS_WRITE,
        }
    ),
    Role.ADMIN: frozenset(
        {
            _P.SITES_READ,
            _P.SITES_WRITE,
            _P.PEOPLE_WRITE,
            _P.PROCEDURES_WRITE,
            _P.MESSAGES_WRITE,
            _P.SHIFTS_READ,
            _P.ASSETS_READ,
        }
    ),
    Role.INTEGRATION: frozenset({_P.ORDERS_READ, _P.ORDERS_CREATE, _P.ORDERS_ACT, _P.SITES_READ, _P.ASSETS_READ}),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """What a role may do at the sites where it is held; everybody signed in has SELF."""
    return GRANTS[role] | {Permission.SELF}
