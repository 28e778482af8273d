"""Pages of the machines: find one, see what it says, ask it again, light its ID LED."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import true_now
from app.core.database import db, transaction
from app.core.events import Event
from app.core.permissions import Permission
from app.hardware import queries, queries_sweep
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.led import request_id_led
from app.hardware.outward import (
    device_event_lines,
    moments_told,
    parts_of,
    place_line,
    record_lines,
    run_form,
    shown,
    swept_form,
)
from app.hardware.queries_diagnosis import diagnosis_on
from app.sites.queries import visible_codes

blueprint: Final = Blueprint("hardware", __name__, template_folder="templates")

PAGE: Final = 50
LAMP_SECONDS: Final = 300
EVENTS_SHOWN: Final = 10


@blueprint.get("/assets")
@needs(Permission.ASSETS_READ)
def assets() -> ResponseReturnValue:
    """Assets by tag: all one may see, of one site, or with words in tag, serial, name or rack."""
    site, sought = request.args.get("site") or None, (request.args.get("q") or "").strip()[:64]
    with transaction() as session:
        page, after = queries.assets_for(
            session, current(), site=site, words=sought or None, after=request.args.get("after"), limit=PAGE
        )
        return render_template(
            "hardware/assets.html",
            assets=page,
            after=after,
            sites=visible_codes(session, current(), Permission.ASSETS_READ),
            site=site,
            sought=sought,
            worst=queries.worst_of(session, page),
            may_write=current().may(Permission.ASSETS_WRITE),
        )


@blueprint.get("/assets/<tag>")
@needs(Permission.ASSETS_READ)
def asset(tag: str) -> ResponseReturnValue:
    """One asset: where it stands, what it last said, what feeds it."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ASSETS_READ)
        may_read = _may(Permission.DIAGNOSTICS_READ, found)
        swept = queries_sweep.swept(session, found) if may_read else None
        return render_template(
            "hardware/asset.html",
            machine=found,
            swept=swept_form(swept) if swept else None,
            open_run=queries.open_run(session, found),
            latest=queries.latest(session, found) if may_read else None,
            told=queries.device_events(session, found, limit=EVENTS_SHOWN)[0] if may_read else (),
            dropped=queries.dropped_traps(session, found) if may_read else {},
            lamp=_lamp(queries.newest_action(session, found.id, queries.ID_LED)),
            record=queries.last_changes(session, found),
            may={permission.name.lower(): _may(permission, found) for permission in Permission},
        )


@blueprint.post("/assets/<tag>/diagnostics")
@needs(Permission.DIAGNOSTICS_TAKE)
def take(tag: str) -> ResponseReturnValue:
    """Take diagnostics, then watch them arrive."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_TAKE)
        run = request_diagnostics(session, found, by=current().name, reason="page", now=true_now())
        return redirect(url_for("hardware.diagnostics", diagnostics_id=run.id), 303)


@blueprint.get("/assets/<tag>/diagnostics")
@needs(Permission.DIAGNOSTICS_READ)
def history(tag: str) -> ResponseReturnValue:
    """The diagnostics of an asset, newest first."""
    after = request.args.get("after", type=UUID)
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        page, following = queries.history(session, found, after=after, limit=PAGE)
        return render_template("hardware/history.html", machine=found, runs=page, after=following)


@blueprint.get("/diagnostics/<uuid:diagnostics_id>")
@needs(Permission.DIAGNOSTICS_READ)
def diagnostics(diagnostics_id: UUID) -> ResponseReturnValue:
    """Diagnostics as they arrive, and as they stay."""
    return _shown(diagnostics_id, "hardware/diagnostics.html")


@blueprint.get("/diagnostics/<uuid:diagnostics_id>/panel")
@needs(Permission.DIAGNOSTICS_READ)
def panel(diagnostics_id: UUID) -> ResponseReturnValue:
    """The part of a page that follows one run."""
    return _shown(diagnostics_id, "hardware/panel.html")


@blueprint.post("/assets/<tag>/id-led")
@needs(Permission.ID_LED)
def id_led(tag: str) -> ResponseReturnValue:
    """Switch the ID LED on for five minutes, or off; the page shows how it went."""
    on = request.form.get("on") == "1"
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ID_LED)
        request_id_led(session, found, on=on, seconds=LAMP_SECONDS, by=current().name, now=true_now())
    flash(f"Asked to switch the ID LED of {tag} {'on' if on else 'off'}.")
    return redirect(url_for("hardware.asset", tag=tag), 303)


def _shown(diagnostics_id: UUID, template: str) -> ResponseReturnValue:
    with transaction() as session:
        run = queries.diagnostics_for(session, current(), diagnostics_id)
        may_take = _may(Permission.DIAGNOSTICS_TAKE, run.asset)
        may_sign = _may(Permission.ASSETS_WRITE, run.asset)
        return render_template(template, run=run, machine=run.asset, may_take=may_take, may_sign=may_sign)


def _may(permission: Permission, asset: Asset) -> bool:
    return current().may(permission, asset.site_id)


def _notice(run: Any) -> str | None:
    notice: str | None = run_form(run, now=true_now())["notice"]
    return notice


def _diagnosis(asset: Asset, run: Diagnostics | None = None) -> Event | None:
    """The newest signed diagnosis of a machine, or that on one run, for its pages."""
    return diagnosis_on(db.session(), asset, run.id if run else None)


def _lamp(action: DeviceAction | None) -> dict[str, Any] | None:
    """What the page says of the ID LED: asked, burning until, off, or why not; None once it is old."""
    if action is None or true_now() - action.requested_at > timedelta(hours=1):
        return None
    until = (action.finished_at or action.requested_at) + timedelta(seconds=action.arguments["seconds"])
    burns = action.arguments["on"] and until > true_now()
    return {"action": action, "burns": burns, "until": shown(until)}


WORDS: Final[Mapping[str, Callable[..., Any]]] = {  # what the panel needs wherever it is included
    "diagnostics_parts": parts_of,
    "diagnostics_notice": _notice,
    "device_event_lines": device_event_lines,
    "place_line": place_line,
    "record_lines": record_lines,
    "newest_diagnosis": _diagnosis,
    "shown": shown,
    "moments_told": moments_told,
}
for name, word in WORDS.items():
    blueprint.add_app_template_global(word, name)
