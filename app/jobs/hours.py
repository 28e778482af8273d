"""Who can be reached now: a calendar at one moment, as pages say it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.jobs.teams import TEAMS, Team
from app.shifts.window import Calendar, closes_at, next_opening, opening_at, parse_hours


@dataclass(frozen=True, slots=True)
class Desk:
    """A team or a site's technicians: open until, or opens when (aware UTC); `people` are present now."""

    title: str
    place: str
    time_zone: str
    is_open: bool
    closes_at: datetime | None
    next_opens_at: datetime | None
    people: tuple[str, ...] = ()
    is_hall: bool = False  # a site's technicians


def desk(title: str, calendar: Calendar, now: datetime, *, people: tuple[str, ...] | None = None) -> Desk:
    """The desk with that calendar at `now`; `people` are given for the technicians of a site, who come and go."""
    following = next_opening(calendar, now)
    return Desk(
        title=title,
        place=calendar.zone.key.rpartition("/")[2].replace("_", " "),
        time_zone=calendar.zone.key,
        is_open=opening_at(calendar, now) is not None,
        closes_at=closes_at(calendar, now),
        next_opens_at=following.starts_at if following else None,
        people=people or (),
        is_hall=people is not None,
    )


def team_desk(team: Team, now: datetime) -> Desk:
    """One of the teams that answer referrals; raises KeyError for the technicians, who have a desk at each site."""
    hours = TEAMS[team]
    return desk(hours.title[:1].upper() + hours.title[1:], Calendar(hours.time_zone, parse_hours(hours.hours)), now)


def team_desks(now: datetime) -> list[Desk]:
    """All teams that answer referrals."""
    return [team_desk(team, now) for team in TEAMS]
