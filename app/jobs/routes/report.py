"""The report of a period: how promises were kept, as a page and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now, utc_text
from app.core.database import transaction
from app.core.errors import Invalid
from app.core.language import Language, known, spoken, told
from app.core.permissions import Permission
from app.jobs.queries_report import Report, report
from app.sites.queries import visible_sites

blueprint: Final = Blueprint("report", "app.jobs", template_folder="templates")

ZONE: Final = ZoneInfo("Europe/Berlin")  # where management is
USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=400)


@blueprint.get("/report")
@needs(Permission.BOARD_READ)
def page() -> ResponseReturnValue:
    """Promises kept and missed with their causes, waiting, repairs and load, of the period asked for."""
    first, last, problem = _period()
    with transaction() as session:
        sites = visible_sites(session, current(), Permission.BOARD_READ)
        site = request.args.get("site") or None
        found = report(
            session, current(), _midnight(first), _midnight(last + timedelta(days=1)), business_now(), site=site
        )
        return render_template(
            "jobs/report.html", report=found, first=first, last=last, problem=problem, sites=sites, site=site
        )


@blueprint.get("/report.csv")
@needs(Permission.BOARD_READ)
def table() -> ResponseReturnValue:
    """Every clock of the period as a line of CSV, in the reader's language or the one asked for; instants are UTC."""
    first, last, problem = _period()
    if problem:
        raise Invalid("invalid", problem)
    now, site = business_now(), request.args.get("site") or None
    with transaction() as session:
        found = report(session, current(), _midnight(first), _midnight(last + timedelta(days=1)), now, site=site)
        text = _csv(found, now, known(request.args.get("language")) or spoken())
    name = f"promises-{first}-{last}.csv"
    return Response(text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _period() -> tuple[date, date, str | None]:
    """First and last day (both belong to it), the last 30 days unless asked; and what is wrong with what was asked."""
    today = business_now().astimezone(ZONE).date()
    first, last = request.args.get("from") or str(today - USUAL), request.args.get("to") or str(today)
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return today - USUAL, today, "A day is written like 2026-11-30. The last 30 days are shown."
    if not begins <= ends <= begins + LONGEST or begins.year < 2000 or ends.year > 2200:
        return today - USUAL, today, "The period must begin before it ends and take 400 days at most."
    return begins, ends, None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


HEADINGS: Final = (
    "site", "number", "subject", "promise", "standing", "since", "due", "met", "minutes_spent", "minutes_allowed",
    "cause_owner", "cause",
)  # fmt: skip


def _csv(found: Report, now: datetime, language: Language) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS if language == Language.ENGLISH else [_worded(one, language) for one in HEADINGS])
    for line in found.lines:
        clock, cause = line.clock, line.clock.cause()
        writer.writerow(
            [
                _cell(value)
                for value in (
                    line.site, line.order, clock.subject, _worded(clock.promise, language),
                    _worded(clock.standing(now), language),
                    utc_text(clock.started_at), _instant(clock.due_at), _instant(clock.met_at),
                    _minutes(clock.spent), _minutes(clock.limit),
                    _worded(cause.owner, language) if cause else "", told(cause.why, language) if cause else "",
                )
            ]
        )  # fmt: skip
    return out.getvalue()


def _worded(name: str, language: Language) -> str:
    """A name of ours as it is in English, where programs read it; in another language as people say it."""
    return str(name) if language == Language.ENGLISH else told(name.replace("_", " "), language)


def _cell(value: str) -> str:
    """What a spreadsheet would take for a formula is text."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _instant(at: datetime | None) -> str:
    return utc_text(at) if at else ""


def _minutes(length: timedelta | None) -> str:
    return "" if length is None else f"{length.total_seconds() / 60:.1f}"
