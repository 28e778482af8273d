"""The teams a question can be referred to: their hours, what they are for, how long they usually take. Pure.

The provider's published promises (docs/promises.md): CET means Central European time, summer time as it falls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.core.permissions import Role


class Team(StrEnum):
    """Who takes over when Level 1 escalates."""

    DATA_CENTER = "data_center"
    SYSTEM_ADMINISTRATORS = "system_administrators"
    BILLING = "billing"
    MANAGEMENT = "management"


class Reason(StrEnum):
    """Why Level 1 escalates."""

    SERVER_ISSUE = "server_issue"
    HIGH_VOLUME = "high_volume"
    COMPLEX = "complex"
    APPROVAL = "approval"
    INFRASTRUCTURE = "infrastructure"


class Priority(StrEnum):
    """How urgent the customer's harm is."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class TeamHours:
    """A team that answers referrals: its words, hours, zone, usual minutes and the roles that read its queue."""

    title: str
    hours: str
    time_zone: str
    minutes: tuple[int, int]
    roles: frozenset[Role]
    then: str  # what happens next, for the customer


TEAMS: Mapping[Team, TeamHours] = MappingProxyType(
    {
        Team.SYSTEM_ADMINISTRATORS: TeamHours(
            "Level 3 system administrators", "Mon-Fri 08:00-22:00", "Europe/Berlin", (60, 120),
            frozenset({Role.SYSADMIN}), "A system administrator looks into it and answers in this ticket.",
        ),
        Team.BILLING: TeamHours(
            "Level 2 billing", "Mon-Fri 09:00-18:00", "Europe/Berlin", (30, 120),
            frozenset({Role.MANAGER, Role.L1_ENGINEER}), "Billing checks the payment and answers in this ticket.",
        ),
        Team.MANAGEMENT: TeamHours(
            "management", "Mon-Fri 09:00-18:00", "Europe/Berlin", (60, 240),
            frozenset({Role.MANAGER}), "Management decides on the request and we tell you the decision in this ticket.",
        ),
    }
)  # fmt: skip

FIREWALL_MINUTES = (10, 20)
LEVEL_1_MINUTES = 30
_BILLING_NEEDS = frozenset({"refund", "gateway_fault"})
_BILLING_WORDS = ("refund", "gateway", "chargeback", "payment failed", "payment fails", "declined")


def stays_with_level_1(team: Team, summary: str, answers: Mapping[str, Any]) -> bool:
    """True for billing questions that Level 1 answers itself, at any hour.

    Only refunds and faults of the payment gateway need billing: `answers["need"]` says so ("refund",
    "gateway_fault", "explain"); without it the words of the summary decide.
    """
    if team != Team.BILLING:
        return False
    need = str(answers.get("need", "")).strip()
    if need:
        return need not in _BILLING_NEEDS
    return not any(word in summary.lower() for word in _BILLING_WORDS)


def usual_minutes(team: Team, summary: str) -> tuple[int, int]:
    """From and to, in the team's working minutes. A firewall rule set is known to be quicker."""
    if team == Team.SYSTEM_ADMINISTRATORS and "firewall" in summary.lower():
        return FIREWALL_MINUTES
    return TEAMS[team].minutes
