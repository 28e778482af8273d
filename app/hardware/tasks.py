"""Work inside a site, by its worker: diagnostics, the ID LED, shutdowns. And the sweep that ends what it did not."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import DBAPIError

from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import AppError, HardwareError
from app.core.queue import task
from app.core.settings import Settings
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.hardware.operations import diagnose, led, overdue, shutdown
from app.hardware.operations.examine import examine
from app.hardware.operations.reach import bmc_of, target_for
from app.hardware.protocols import ipmi, ipmi_power, redfish, redfish_power
from app.hardware.queries import latest
from app.hardware.readings import IpmiTarget, ShutdownTold

log = logging.getLogger(__name__)

STORE_FOR_S: Final = 20.0  # less than the sweep's patience
STORE_AGAIN_S: Final = 0.5
LED_WITHIN_S: Final = 5.0
SHUTDOWN_WITHIN_S: Final = 10.0
SHUTDOWN_ADVICE: Final = "Ask the customer to shut it down; have its BMC looked at."
LED_ADVICE: Final = "Find the machine by rack, U and tag; have its BMC looked at."


@task("hardware.diagnose")
def take_diagnostics(diagnostics_id: str) -> None:
    """Ask the machine and keep the document. The network is asked without any transaction being open."""
    run_id = UUID(diagnostics_id)
    with transaction() as session:
        run = diagnose.begin(session, run_id, now=true_now())
        if run is None:
            return
        reach = target_for(session, run.asset, _keys(), deadline_s=run.deadline_s)
        before = latest(session, run.asset)
    assert run.started_at is not None
    earlier = DiagnosticsDocument.from_dict(before.document) if before and before.document else None
    started_at = run.started_at
    document = examine(
        reach,
        run_id,
        earlier=earlier,
        show=lambda parts: _show(run_id, started_at, parts),
        insists=run.requested_by != diagnose.SYSTEM,
    )
    _store(run, document)


@task("hardware.act")
def switch_id_led(action_id: str) -> None:
    """Switch the ID LED as asked and keep how it went; comes again before the light goes dark."""
    with transaction() as session:
        action = session.get(DeviceAction, UUID(action_id), populate_existing=True)
        if action is None or action.state == "failed" or led.is_replaced(session, action):
            return
        asset = session.get_one(Asset, action.asset_id)
    failed = _switch(asset, led.lighting_s(action, now=true_now()))
    with transaction() as session:
        led.end(session, action, now=true_now(), failed=failed)
        if failed is None:
            led.keep_lit(session, asset, action, now=true_now())


@task("hardware.shut_down")
def shut_down(action_id: str) -> None:
    """Have the machine's operating system shut down; kept as being sent before it is, so that it never is twice."""
    with transaction() as session:
        action = shutdown.begin(session, UUID(action_id), now=true_now())
        if action is None:
            return
        asset = session.get_one(Asset, action.asset_id)
    told = _shut_down(asset)
    with transaction() as session:
        shutdown.end(session, action, told, now=true_now())


@task("hardware.relight")
def light_again(action_id: str) -> None:
    """Time to light it once more, behind whatever the BMC is asked just now."""
    with transaction() as session:
        led.light_again(session, UUID(action_id))


@task("hardware.sweep")
def sweep() -> None:
    """End, as stated facts, what the sites' workers did not answer. Every few seconds, in the center."""
    with transaction() as session:
        ended = overdue.end_overdue(session, now=true_now())
        ended += led.end_unanswered(session, now=true_now())
        ended += shutdown.end_lost(session, now=true_now())
    if ended:
        log.warning("%d requests ended: the site's worker did not answer", ended)


def _shut_down(asset: Asset) -> ShutdownTold | led.Failure:
    try:
        bmc = bmc_of(asset, _keys())
        if isinstance(bmc, IpmiTarget):
            return ipmi_power.shut_down(bmc, SHUTDOWN_WITHIN_S)
        return redfish_power.shut_down(bmc, SHUTDOWN_WITHIN_S)
    except HardwareError as error:
        return led.Failure(error.reason, error.advice)
    except AppError as error:
        return led.Failure(error.detail, SHUTDOWN_ADVICE)


def _switch(asset: Asset, seconds: int) -> led.Failure | None:
    try:
        bmc = bmc_of(asset, _keys())
        if isinstance(bmc, IpmiTarget):
            ipmi.identify(bmc, seconds, LED_WITHIN_S)
        else:
            redfish.identify(bmc, seconds > 0, LED_WITHIN_S)
    except HardwareError as error:
        return led.Failure(error.reason, error.advice)
    except AppError as error:
        return led.Failure(error.detail, LED_ADVICE)
    return None


def _show(run_id: UUID, started_at: datetime, parts: list[dict[str, Any]]) -> None:
    """Progress is a courtesy: a database that is away for a moment does not end the run."""
    try:
        with transaction() as session:
            diagnose.show_parts(session, run_id, started_at=started_at, parts=parts)
    except DBAPIError as error:
        log.warning("diagnostics %s: progress not shown (%s)", run_id, type(error.orig).__name__)


def _store(run: Diagnostics, document: DiagnosticsDocument) -> None:
    """Keep the document, also when the database is away for a moment: the machine was asked, that is not lost."""
    until = time.monotonic() + STORE_FOR_S
    while True:
        try:
            with transaction() as session:
                diagnose.finish(session, run, document)
        except DBAPIError as error:
            if time.monotonic() > until or not error.connection_invalidated:
                raise
            log.warning("diagnostics %s: not stored yet (%s)", run.id, type(error.orig).__name__)
            time.sleep(STORE_AGAIN_S)
        else:
            return


def _keys() -> Path:
    settings: Settings = current_app.config["RACKSIDE"]
    return settings.site_keys
