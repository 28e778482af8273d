"""The sweep as work of a site's worker: the bell that rings for it, and the job; the center's upkeep of its months."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from flask import current_app
from flask.globals import app_ctx

from app.core.clock import true_now
from app.core.database import transaction
from app.core.queue import task
from app.core.settings import Settings
from app.hardware.operations import sweep
from app.hardware.operations.sweep_months import drop_months, make_months
from app.hardware.sweeping import sweep_site

log = logging.getLogger(__name__)

RING_S: Final = 10.0


@task(sweep.SWEEP)
def take_sweep(site: str) -> None:
    """Ask every machine of the site once."""
    settings = _settings()
    ended = sweep_site(app_ctx.app, site, keys=settings.site_keys, every=settings.sweep_every)
    if ended is not None and ended.finished_at is not None:
        took_s = (ended.finished_at - ended.started_at).total_seconds()
        log.info(
            "swept %s in %.1f s: %d machines asked, %d answered, %d changed",
            site, took_s, ended.assets, ended.answered, ended.changed,
        )  # fmt: skip


def ring(sites: Sequence[str] | None) -> None:
    """Have these sites (None: all) swept when it is time; one that is not done by then is told, not doubled."""
    every = _settings().sweep_every
    if not every:
        return
    with transaction() as session:
        late = sweep.ring(session, sites, every=every, now=true_now())
    for code in late:
        log.warning(
            "the sweep of %s takes longer than %d minutes: the next one waits for it. Look for machines that hang, "
            "or set RACKSIDE_SWEEP_MINUTES higher",
            code, every.total_seconds() // 60,
        )  # fmt: skip


def keep_months() -> None:
    """Make the sweep's coming months, drop those that are too old."""
    settings = _settings()
    with transaction() as session:
        make_months(session, now=true_now())
        dropped = drop_months(session, now=true_now(), keep=settings.sweep_months)
    if dropped:
        log.info("dropped the sweep's history of %s", ", ".join(dropped))


def _settings() -> Settings:
    settings: Settings = current_app.config["RACKSIDE"]
    return settings
