"""The API of the machines: assets, their diagnostics, their ID LED."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from apiflask import APIBlueprint, Schema
from flask import Response, jsonify, make_response, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.idempotency import idempotent
from app.core.permissions import Permission
from app.hardware import queries
from app.hardware.models import Asset, DeviceAction
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.diagnosis import sign_diagnosis
from app.hardware.operations.led import request_id_led
from app.hardware.outward import asset_form, device_event_form, diagnosis_form, id_led_form, run_form, taken_form
from app.hardware.schemas import (
    AssetOut,
    AssetsIn,
    AssetsOut,
    DeviceEventsIn,
    DeviceEventsOut,
    DiagnosisIn,
    DiagnosisOut,
    DiagnosticsOut,
    HistoryIn,
    HistoryOut,
    IdLedIn,
    IdLedOut,
    RunOut,
    WaitIn,
)

api = APIBlueprint("hardware_api", __name__, url_prefix="/api/v1", tag="Assets")

LOOK_EVERY_S: Final = 0.2
WAITING_AT_ONCE: Final = 16  # a wait holds a thread of the web server: beyond that, ask again later
_waiting = threading.BoundedSemaphore(WAITING_AT_ONCE)


def _or_202(description: str, schema: type[Schema]) -> dict[int | str, dict[str, Any]]:
    return {202: {"description": description, "content": {"application/json": {"schema": schema}}}}


@api.get("/assets")
@needs(Permission.ASSETS_READ)
@api.input(AssetsIn, location="query", arg_name="asked")
@api.output(AssetsOut)
def assets(asked: dict[str, Any]) -> Response:
    """Assets by tag: of one site, or with words in tag, serial, name or rack."""
    with transaction() as session:
        page, after = queries.assets_for(
            session,
            current(),
            site=asked.get("site"),
            words=asked.get("search"),
            after=asked.get("cursor"),
            limit=asked["limit"],
            whole=True,
        )
        return jsonify({"items": [asset_form(asset) for asset in page], "next": after})


@api.get("/assets/<tag>")
@needs(Permission.ASSETS_READ)
@api.output(AssetOut)
def asset(tag: str) -> Response:
    """One asset: where it stands, what feeds it, what can be asked."""
    with transaction() as session:
        return jsonify(asset_form(queries.asset_for(session, current(), tag, Permission.ASSETS_READ)))


@api.get("/assets/<tag>/diagnostics")
@needs(Permission.DIAGNOSTICS_READ)
@api.input(HistoryIn, location="query", arg_name="asked")
@api.output(HistoryOut)
def history(tag: str, asked: dict[str, Any]) -> Response:
    """The diagnostics of an asset, newest first."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        page, after = queries.history(session, found, after=asked.get("cursor"), limit=asked["limit"])
        return jsonify({"items": [taken_form(one) for one in page], "next": str(after) if after else None})


@api.post("/assets/<tag>/diagnostics")
@needs(Permission.DIAGNOSTICS_TAKE)
@api.input(WaitIn, location="query", arg_name="asked")
@api.output(DiagnosticsOut, description="The result, when asked to wait for it")
@api.doc(responses=_or_202("Not there yet", RunOut))
def take(tag: str, asked: dict[str, Any]) -> Response:
    """Take diagnostics; joins a request that still waits for the site's worker."""
    accepted = make_response(_requested(tag))
    if "wait" not in asked or accepted.status_code != 202:
        return accepted
    run_id = UUID(accepted.get_json()["id"])
    return _wait(asked["wait"], lambda: _diagnostics_answer(run_id, Permission.DIAGNOSTICS_TAKE))


@idempotent
def _requested(tag: str) -> ResponseReturnValue:
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_TAKE)
        now = true_now()
        run = request_diagnostics(session, found, by=current().name, reason="api", now=now)
        return _accepted(run_form(run, now=now), url_for("hardware_api.diagnostics", diagnostics_id=run.id))


@api.get("/diagnostics/<uuid:diagnostics_id>")
@needs(Permission.DIAGNOSTICS_READ)
@api.output(DiagnosticsOut)
@api.doc(responses=_or_202("Not there yet", RunOut))
def diagnostics(diagnostics_id: UUID) -> Response:
    """The document; 202 with what has answered so far while it is not there."""
    return _diagnostics_answer(diagnostics_id)


@api.get("/assets/<tag>/events")
@needs(Permission.DIAGNOSTICS_READ)
@api.input(DeviceEventsIn, location="query", arg_name="asked")
@api.output(DeviceEventsOut)
def device_events(tag: str, asked: dict[str, Any]) -> Response:
    """What the asset told by itself through SNMP traps and informs, newest first, and how much of it was not kept."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        page, after = queries.device_events(session, found, after=asked.get("cursor"), limit=asked["limit"])
        dropped = queries.dropped_traps(session, found)
        return jsonify({"items": [device_event_form(one) for one in page], "next": after, "dropped": dropped})


@api.post("/diagnostics/<uuid:diagnostics_id>/diagnosis")
@needs(Permission.ASSETS_WRITE)
@idempotent
@api.input(DiagnosisIn, arg_name="given")
@api.output(DiagnosisOut, status_code=201)
def diagnosis(diagnostics_id: UUID, given: dict[str, Any]) -> Response:
    """Sign a short diagnosis on diagnostics that are done; the newest one stands on top of the machine's orders."""
    with transaction() as session:
        run = queries.diagnostics_for(session, current(), diagnostics_id, Permission.ASSETS_WRITE)
        signed = sign_diagnosis(session, run, given["text"], by=current().name, now=business_now())
        return make_response(jsonify(diagnosis_form(signed)), 201)


@api.post("/assets/<tag>/id-led")
@needs(Permission.ID_LED)
@api.input(IdLedIn, arg_name="asked")
@api.input(WaitIn, location="query", arg_name="patience")
@api.output(IdLedOut, description="How it went, when asked to wait for it")
@api.doc(responses=_or_202("Asked", IdLedOut))
def id_led(tag: str, asked: dict[str, Any], patience: dict[str, Any]) -> Response:
    """Switch the chassis identify light on for some seconds, or off."""
    accepted = make_response(_led_requested(tag, asked))
    if "wait" not in patience or accepted.status_code != 202:
        return accepted
    action_id = UUID(accepted.get_json()["id"])
    return _wait(patience["wait"], lambda: _led_answer(action_id))


@idempotent
def _led_requested(tag: str, asked: dict[str, Any]) -> ResponseReturnValue:
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ID_LED)
        action = request_id_led(session, found, **asked, by=current().name, now=true_now())
        return _accepted(id_led_form(action, found), url_for("hardware_api.id_led_state", tag=tag))


@api.get("/assets/<tag>/id-led")
@needs(Permission.ASSETS_READ)
@api.output(IdLedOut)
def id_led_state(tag: str) -> Response:
    """What was last asked of the ID LED, and how it went; 404 when nobody ever asked."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ASSETS_READ)
        return jsonify(id_led_form(queries.last_id_led(session, found), found))


def _accepted(form: dict[str, Any], where: str) -> ResponseReturnValue:
    """202 while somebody has yet to do it, 200 when it ended at once."""
    return jsonify(form), 200 if form["state"] == "failed" else 202, {"Location": where}


def _wait(seconds: int, answer: Callable[[], Response]) -> Response:
    """Ask again until the answer is there (200) or the time is over; no connection is held in between."""
    over = time.monotonic() + seconds
    given = answer()
    if not _waiting.acquire(blocking=False):
        return given
    try:
        while given.status_code == 202 and (left := over - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY_S, left))
            given = answer()
    finally:
        _waiting.release()
    return given


def _diagnostics_answer(run_id: UUID, permission: Permission = Permission.DIAGNOSTICS_READ) -> Response:
    with transaction() as session:
        run = queries.diagnostics_for(session, current(), run_id, permission)
        if run.document is not None:
            return jsonify(run.document)
        return make_response(jsonify(run_form(run, now=true_now())), 202)


def _led_answer(action_id: UUID) -> Response:
    with transaction() as session:
        action = session.get_one(DeviceAction, action_id, populate_existing=True)
        form = id_led_form(action, session.get_one(Asset, action.asset_id))
        return make_response(jsonify(form), 202 if action.state == "queued" else 200)
