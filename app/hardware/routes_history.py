"""Pages of a machine over time: two diagnostics side by side, and what became of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now, drill_offset, true_now, utc_text
from app.core.database import transaction
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.hardware import queries, queries_history, queries_sweep
from app.hardware.beside import figures_beside, parts_beside
from app.hardware.charts import chart
from app.hardware.compare import Named, compare
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.differences import entries_since
from app.hardware.forms import DiagnosisForm
from app.hardware.history import (
    AGAIN_WITHIN,
    PERIODS,
    Moment,
    Run,
    Series,
    kinds_of,
    recurring,
    series_of,
    spread,
    turns_of,
)
from app.hardware.models import Asset, Diagnostics
from app.hardware.operations.diagnosis import sign_diagnosis

blueprint: Final = Blueprint("hardware_history", __name__, url_prefix="/assets", template_folder="templates")

MOST_LISTED: Final = 4000  # runs of a period that are counted
MOST_OPENED: Final = 120  # documents that one page reads
CHARTS: Final = 12
ORDER: Final = re.compile(r"WO-[0-9-]{1,40}")
NEWEST: Final = 60


@blueprint.get("/<tag>/history")
@needs(Permission.DIAGNOSTICS_READ)
def over_time(tag: str) -> ResponseReturnValue:
    """Curves, turns of parts and findings that came again, of a day, a week or a quarter."""
    period = request.args.get("period", "7d")
    period = period if period in PERIODS else "7d"
    until = _until(true_now())
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        runs = _runs(session, found, until - PERIODS[period], until)
        opened = spread(runs, MOST_OPENED)
        told = _moments(session, found, opened, "readings", "components", "sources")
        lately = _runs(session, found, until - 2 * AGAIN_WITHIN, until)
        seen = _moments(session, found, spread(lately, MOST_OPENED), "findings", "components")
        asked = [run for run in runs if run.asked]
        since_shown, until_shown = until - PERIODS[period] + drill_offset(), until + drill_offset()
        return render_template(
            "hardware/over_time.html",
            machine=found,
            period=period,
            since=since_shown,
            until=until_shown,
            runs=asked,
            sweeps=len([run for run in runs if not (run.asked or run.is_hole)]),
            opened=[run for run in opened if not run.is_hole],
            again=recurring(seen, until_shown),
            turns=turns_of(told)[:NEWEST],
            entries=queries_history.log_of(session, [*asked[:1], *asked[-1:]], since_shown)[:NEWEST],
            **_drawn(series_of(told), found, since_shown, until_shown),
            **_around(found, period, until),
        )


def _runs(session: Session, asset: Asset, since: datetime, until: datetime) -> list[Run]:
    """What was asked of the machine and when it was swept, oldest first."""
    asked = queries_history.runs_between(session, asset, since, until, most=MOST_LISTED)
    swept = queries_sweep.sweeps_between(session, asset, since, until, most=MOST_LISTED)
    return sorted([*asked, *swept], key=lambda run: run.at)


def _moments(session: Session, asset: Asset, runs: Sequence[Run], *parts: str) -> list[Moment]:
    """What it said at each of these, in the order of time."""
    asked = queries_history.moments(session, [run for run in runs if run.asked], *parts)
    swept = queries_sweep.moments_of_sweeps(session, asset, [run for run in runs if not run.asked], *parts)
    return sorted([*asked, *swept], key=lambda moment: moment.at)


@blueprint.get("/<tag>/diagnostics/<uuid:diagnostics_id>/raw")
@needs(Permission.DIAGNOSTICS_READ)
def raw(tag: str, diagnostics_id: UUID) -> ResponseReturnValue:
    """One document as it was kept, to read with the eye."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        run = queries_history.done_of(session, found, diagnostics_id)
        text = json.dumps(run.document, indent=2, ensure_ascii=False)
        return render_template("hardware/raw.html", machine=found, run=run, text=text)


@blueprint.route("/<tag>/diagnostics/<uuid:diagnostics_id>/diagnosis", methods=["GET", "POST"])
@needs(Permission.ASSETS_WRITE)
def sign(tag: str, diagnostics_id: UUID) -> ResponseReturnValue:
    """Sign a short diagnosis on what the machine said; then back to where one came from."""
    number = request.args.get("order", "")
    back = (
        f"/orders/{number}"
        if ORDER.fullmatch(number)
        else url_for("hardware.diagnostics", diagnostics_id=diagnostics_id)
    )
    form = DiagnosisForm.sent()
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ASSETS_WRITE)
        run = queries_history.done_of(session, found, diagnostics_id)
        if form.is_sent_well():
            try:
                sign_diagnosis(session, run, form.text.data or "", by=current().name, now=business_now())
            except Invalid as refusal:
                form.refuse(refusal.detail, "text")
            else:
                flash("Signed. It stands on top of the machine's orders.", "ok")
                return redirect(back, 303)
        page = render_template("hardware/diagnosis_form.html", machine=found, run=run, form=form, back_url=back)
        return page, 422 if form.errors else 200


def _until(now: datetime) -> datetime:
    """The end of the period that is looked at: now, or the instant in the address."""
    try:
        asked = datetime.fromisoformat(request.args.get("until", ""))
    except ValueError:
        return now
    return min(now, asked.astimezone(UTC)) if asked.tzinfo else now


def _drawn(series: Sequence[Series], asset: Asset, since: datetime, until: datetime) -> dict[str, Any]:
    """The curves of the chosen kind, so many a page, and what else there is to choose from."""
    kinds = kinds_of(series)
    asked = request.args.get("kind", "")
    kind = asked if asked in kinds else next(iter(kinds), None)
    of_kind = sorted((one for one in series if one.kind == kind), key=lambda one: one.name)
    start = min(max(request.args.get("start", 0, type=int), 0), len(of_kind) // CHARTS * CHARTS)
    shown = of_kind[start : start + CHARTS]
    return {
        "kinds": kinds,
        "kind": kind,
        "start": start,
        "following": start + CHARTS if len(of_kind) > start + CHARTS else None,
        "curves": [(one, chart(one, since, until, asset.site.time_zone)) for one in shown],
    }


def _around(asset: Asset, period: str, until: datetime) -> dict[str, str | None]:
    """Where the period before and the one after are."""

    def address(end: datetime) -> str:
        kind = request.args.get("kind")
        return url_for("hardware_history.over_time", tag=asset.tag, period=period, until=utc_text(end), kind=kind)

    span = PERIODS[period]
    later = address(until + span) if until < true_now() - timedelta(minutes=1) else None
    return {"older": address(until - span), "newer": later}


@blueprint.get("/<tag>/diagnostics/compare")
@needs(Permission.DIAGNOSTICS_READ)
def comparison(tag: str) -> ResponseReturnValue:
    """Two diagnostics of one machine side by side; without saying which, the newest two."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        runs = queries_history.newest_done(session, found)
        before_id, after_id = _chosen(runs)
        if before_id is None or after_id is None:
            return render_template("hardware/comparison.html", machine=found, runs=runs, before=None, after=None)
        chosen = [queries_history.done_of(session, found, one) for one in (before_id, after_id)]
        old, new = (DiagnosticsDocument.from_dict(run.document or {}) for run in chosen)
        return render_template(
            "hardware/comparison.html",
            machine=found,
            runs=_with(runs, chosen),
            before=chosen[0],
            after=chosen[1],
            told=compare(old, new, _finding()).to_dict(),
            parts=parts_beside(old, new),
            figures=figures_beside(old, new),
            entries=entries_since(old, new),
        )


def _chosen(runs: Sequence[Diagnostics]) -> tuple[UUID | None, UUID | None]:
    """Which two are asked for: AFTER is the newest, BEFORE the one before it, unless named."""
    after = request.args.get("after", type=UUID) or (runs[0].id if runs else None)
    older = [run.id for run in runs if run.id != after]
    return request.args.get("before", type=UUID) or (older[0] if older else None), after


def _with(runs: Sequence[Diagnostics], chosen: Sequence[Diagnostics]) -> list[Diagnostics]:
    """The runs to choose from, with those that are shown, however old they are."""
    known = {run.id for run in runs}
    return [*runs, *(run for run in chosen if run.id not in known)]


def _finding() -> Named | None:
    kind, _, number = (request.args.get("finding") or "").partition(":")
    return (kind, number) if number else None
