"""Who can have the work, and when each of them works. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from app.jobs.teams import TEAMS, Team
from app.shifts.window import Calendar, parse_hours


class Owner(StrEnum):
    """Whose turn it is. The customer is nobody of ours: their time does not count against us."""

    LEVEL_1 = "level_1"
    DATA_CENTER = "data_center"
    SYSTEM_ADMINISTRATORS = "system_administrators"
    BILLING = "billing"
    MANAGEMENT = "management"
    CUSTOMER = "customer"

    @property
    def words(self) -> str:
        """As people say it."""
        return _TITLES[self]


_TITLES: Mapping[Owner, str] = {
    Owner.LEVEL_1: "Level 1",
    Owner.DATA_CENTER: "Technicians",
    Owner.SYSTEM_ADMINISTRATORS: "System administrators",
    Owner.BILLING: "Billing",
    Owner.MANAGEMENT: "Management",
    Owner.CUSTOMER: "The customer",
}

ALWAYS = "Mon-Sun 00:00-24:00"


def calendars_for(site: Calendar) -> Mapping[Owner, Calendar]:
    """Everybody's calendar for work at a site: its technicians keep the site's, Level 1 works around the clock."""
    return {**_teams(), Owner.DATA_CENTER: site}


@cache
def _teams() -> Mapping[Owner, Calendar]:
    around_the_clock = Calendar("UTC", parse_hours(ALWAYS))
    teams = {Owner(team): Calendar(TEAMS[team].time_zone, parse_hours(TEAMS[team].hours)) for team in TEAMS}
    return {Owner.LEVEL_1: around_the_clock, Owner.CUSTOMER: around_the_clock, **teams}


def owner_of(team: str) -> Owner:
    """The owner that a referral's team is."""
    return Owner(Team(team))
