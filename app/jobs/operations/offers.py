"""The promise before anyone submits: when, for how long, who must still say yes, and the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.hardware.models import Asset
from app.jobs.kind import Kind, Question, missing_questions
from app.jobs.operations.procedures import published
from app.jobs.operations.spares import lacking, part_wanted, supply_for
from app.jobs.rules import ANSWER_TIME, CONSENT_TIME, promised_range
from app.jobs.teams import TEAMS, Team, usual_minutes
from app.shifts.operations import explain_time, find_time
from app.shifts.queries import site_calendar
from app.shifts.rules import Choice
from app.shifts.window import (
    Calendar,
    add_working_time,
    explain,
    latest_start,
    moment_text,
    next_opening,
    opening_at,
    parse_hours,
)


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody who must still say yes, or a part that must still come, and by when (aware UTC; None: nobody knows)."""

    what: str
    who: str
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An appointment that could be had now; nothing is booked."""

    choice: Choice
    minutes: int
    range_from: datetime
    range_to: datetime
    finishes_at: datetime
    explanation: list[str]
    missing: list[Question]
    needs: list[Need]


def make_offer(
    session: Session, asset: Asset, kind: Kind, answers: dict[str, Any], *, now: datetime, not_before: datetime | None
) -> Offer:
    """Find the earliest appointment for a job on this machine, counting the hours of all who must agree first.

    Raises as `find_time`. Three queries.
    """
    minutes = published(session, kind).minutes(kind, answers)
    needs = needs_of(kind, now)
    expected = [need.answer_by for need in needs if need.answer_by is not None]
    ready = max([now, *expected, *([not_before] if not_before else [])])
    found = find_time(session, asset.site, machine_id=asset.id, minutes=minutes, at=ready)
    choice = found.choice
    calendar = site_calendar(asset.site)
    latest = latest_start(calendar, choice.when.starts_at, minutes) or choice.when.starts_at
    range_from, range_to, finishes_at = promised_range(choice.when.starts_at, latest, minutes)
    *explanation, arrival = explain_time(asset.site, found, minutes=minutes, now=now, ready=ready)
    asked = now.astimezone(calendar.zone)
    for need in needs:
        answer = moment_text((need.answer_by or now).astimezone(calendar.zone), asked)
        explanation.append(f"{need.who} must say yes first, expected by {answer}")
    if not_before and not_before > now:
        explanation.append(f"not before {moment_text(not_before.astimezone(calendar.zone), asked)}, as asked")
    if (lacks := _part_lacking(session, asset, kind)) is not None:
        needs = [*needs, Need("part", "A spare", None)]
        explanation.append(lacks)
    explanation.append(arrival)
    return Offer(
        choice, minutes, range_from, range_to, finishes_at, explanation, missing_questions(kind, answers), needs
    )


def _part_lacking(session: Session, asset: Asset, kind: Kind) -> str | None:
    """What lacks for the job in the site's stock, if anything does (one query)."""
    wanted = part_wanted(kind)
    return lacking(supply_for(session, asset, wanted), wanted) if wanted else None


def needs_of(kind: Kind, now: datetime) -> list[Need]:
    """Who must agree to a job of this kind, with the time they are given inside their own hours."""
    needs, asked_at = [], now  # one after the other: the customer is asked once a manager agreed
    for what, who, needed in (("approval", "A manager", kind.approval), ("consent", "The customer", kind.consent)):
        if needed:
            asked_at = answer_by(what, asked_at) or asked_at
            needs.append(Need(what, who, asked_at))
    return needs


def answer_by(what: str, asked_at: datetime) -> datetime | None:
    """When an answer is expected: of a manager within their own hours; None where nobody can say (a part)."""
    if what == "approval":
        hours = TEAMS[Team.MANAGEMENT]
        return add_working_time(Calendar(hours.time_zone, parse_hours(hours.hours)), asked_at, ANSWER_TIME)
    return asked_at + CONSENT_TIME if what == "consent" else None


@dataclass(frozen=True, slots=True)
class TeamPromise:
    """When another team looks at a question, and by when it is expected to answer (aware UTC)."""

    opens_at: datetime
    promise_to: datetime
    explanation: list[str]


def team_promise(team: Team, why: str, now: datetime) -> TeamPromise:
    """The promise of a team's answer, in the team's own working time. No query."""
    hours = TEAMS[team]
    calendar = Calendar(hours.time_zone, parse_hours(hours.hours))
    later = None if opening_at(calendar, now) else next_opening(calendar, now)
    low, high = usual_minutes(team, why)
    usual = f"{hours.title}: {hours.hours} {hours.time_zone}; usually {low} to {high} minutes of their working time"
    return TeamPromise(
        opens_at=later.starts_at if later else now,
        promise_to=add_working_time(calendar, now, timedelta(minutes=high)),
        explanation=[*explain(calendar, now, None, later), usual],
    )
