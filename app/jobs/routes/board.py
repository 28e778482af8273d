"""The manager's board: promises, people, waiting, wrong scans, approvals, workers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.permissions import Permission
from app.hardware.models import SiteSweep
from app.hardware.operations.overdue import is_silent
from app.hardware.outward import shown
from app.hardware.queries_sweep import newest_sweeps
from app.jobs import queries, queries_alerts, queries_board
from app.jobs.hours import desk
from app.jobs.operations import alerting
from app.jobs.operations.escalate import may_read_queue
from app.jobs.outward import allowed_verbs
from app.jobs.states import Verb
from app.jobs.teams import Team
from app.shifts.queries_places import fullest, load_today, present_at, visible_places
from app.sites.queries import visible_codes

blueprint: Final = Blueprint("board", "app.jobs", template_folder="templates")

MOST_TOPICS: Final = 40
MOST_HALLS: Final = 40
MOST_LOADS: Final = 60


@blueprint.get("/board")
@needs(Permission.BOARD_READ)
def board() -> ResponseReturnValue:
    """Everything that may need a manager, missed promises first."""
    now, me = business_now(), current()
    with transaction() as session:
        sites = visible_places(session, me, Permission.BOARD_READ, now)
        present = present_at(session, sites, now)
        waiting = queries_board.waiting(session, me)
        teams = [team for team in may_read_queue(me) if team == Team.MANAGEMENT]
        sweeps = newest_sweeps(session, [site.id for site in sites])
        halls = [
            (
                desk(site.code, site.calendar, now, people=tuple(present[site.id])),
                is_silent(site.worker_seen_at, now=true_now()),
                shown(site.worker_seen_at) if site.worker_seen_at else None,
                _sweep(sweeps.get(site.id)),
            )
            for site in sites
        ]
        return render_template(
            "jobs/board.html",
            due=queries_board.promises_due(session, me, now),
            approvals=[order for order in waiting if Verb.APPROVAL in allowed_verbs(order, me)],
            referrals=queries.referrals_open(session, me, teams),
            waiting=waiting,
            unheard=queries_alerts.dead(session, [site.code for site in sites]),
            flagged=queries_board.flagged(session, me),
            stopped=queries_board.stopped_today(session, me, now),
            halls=sorted(halls, key=lambda hall: (not hall[1], not hall[0].is_open))[:MOST_HALLS],
            more_halls=max(0, len(halls) - MOST_HALLS),
            loads=fullest(load_today(session, sites, now), MOST_LOADS),
            topics=" ".join(["referrals", *[f"site:{site.code}" for site in sites[:MOST_TOPICS]]]),
        )


@blueprint.post("/alerts/<int:alert_id>/delivery")
@needs(Permission.BOARD_READ)
def send_again(alert_id: int) -> ResponseReturnValue:
    """Send an alert again that never got through."""
    with transaction() as session:
        codes = visible_codes(session, current(), Permission.BOARD_READ)
        alert = queries_alerts.dead_alone(session, codes, alert_id)
        alerting.resend(session, alert)
    flash(f"On its way again to {alert.target}: {alert.title}", "ok")
    return redirect(url_for("board.board"), 303)


def _sweep(newest: SiteSweep | None) -> tuple[datetime, bool] | None:
    """When the site was last swept, or, where that takes too long (True), when the sweep began; None: never."""
    if newest is None:
        return None
    is_late = newest.finished_at is None and newest.late_told
    return shown(newest.finished_at or newest.started_at), is_late
