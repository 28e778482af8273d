"""Background shells: what managers must hear of, found and sent, by whoever is at work."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Final

from flask import Flask, current_app

from app.core.chores import Chore
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.settings import Settings
from app.jobs.alerts import targets
from app.jobs.alerts.sending import send
from app.jobs.alerts.targets import Target
from app.jobs.operations import alerting

log = logging.getLogger(__name__)

WATCH_S: Final = 15.0
SEND_S: Final = 5.0
_KEY: Final = "rackside_alert_targets"


def install(app: Flask, settings: Settings) -> None:
    """Give `app` its targets; raises Invalid naming what is wrong with them."""
    app.extensions[_KEY] = targets.load(settings.alerts_file, settings.alert_schemes)


def installed() -> Mapping[str, Target]:
    """The targets of the current app."""
    found: Mapping[str, Target] = current_app.extensions.get(_KEY, {})
    return found


def watch_promises() -> None:
    """Look at every open promise; only the center does, which alone knows that it is not behind itself."""
    settings: Settings = current_app.config["RACKSIDE"]
    now = business_now()
    with transaction() as session:
        news = [
            *alerting.news_of_promises(session, now, settings.base_url),
            *alerting.news_of_parts(session, now, settings.base_url),
            *alerting.news_of_calls(session, now, settings.base_url),
            *alerting.news_of_integrations(session, true=true_now()),
        ]
        alerting.tell_managers(session, news, installed().values(), now)


def watch_workers() -> None:
    """Look for workers that stopped: every worker and the web server do, so that one that is left is enough."""
    now = business_now()
    with transaction() as session:
        news = list(alerting.news_of_workers(session, true=true_now()))
        told = alerting.tell_managers(session, news, installed().values(), now)
    if told:
        log.warning("%s", "; ".join(one.title for one in news))


def center_lives() -> None:
    """The central worker's sign of life."""
    with transaction() as session:
        alerting.center_lives(session, true=true_now())


def send_due() -> None:
    """Send what is due; each on its own, outside of any transaction."""
    if not installed():
        return
    with transaction() as session:
        leased = alerting.lease(session)
    for one in leased:
        target = installed().get(one.target)
        problem = send(target.url, one.title, one.body) if target else f"there is no target {one.target} any more"
        if problem is not None:
            log.warning("alert to %s: %s", one.target, problem)
        with transaction() as session:
            alerting.settle(session, one, problem, now=business_now(), jitter=random.random())  # noqa: S311 -- spreads retries, guards nothing


def chores() -> list[Chore]:
    """What everybody does who is at work: workers of sites, of the center, and the web server."""
    return [
        Chore("watch over workers", WATCH_S, watch_workers, alone=True),
        Chore("alerts", SEND_S, send_due, alone=True),
    ]


def chores_of_center() -> list[Chore]:
    """What the center does besides."""
    return [
        Chore("sign of life of the center", WATCH_S, center_lives),
        Chore("watch over promises", WATCH_S, watch_promises, alone=True),
    ]
