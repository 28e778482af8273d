"""`rackside worker`: what a site or the center does in the background, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from flask import Flask
from sqlalchemy import select, update

from app.core import idempotency
from app.core.chores import Chore
from app.core.cli import Parser, database
from app.core.clock import set_drill, true_now
from app.core.database import bare_app, transaction
from app.core.errors import Invalid
from app.core.queue import CENTRAL, registry, site_queue
from app.core.settings import Settings, from_environment
from app.core.upkeep import forget_failed, return_stalled
from app.core.worker import Duty, work
from app.hardware import tasks as hardware_tasks
from app.hardware import tasks_sweep
from app.hardware.tasks_traps import Receiver
from app.jobs import tasks as jobs_tasks
from app.jobs import tasks_alerts
from app.people.operations import sessions
from app.sites.models import Site
from app.tickets import integrations
from app.tickets import tasks as tickets_tasks
from app.tickets.integrations import Integrations
from app.tickets.system import Telling

PACKAGES: Final = (tickets_tasks, hardware_tasks, tasks_sweep, jobs_tasks)
"""Imported for the tasks that they register."""
TICKS: Final = ("jobs.tick", "tickets.sweep", "hardware.sweep")
TICK_S: Final = 10.0
ACKNOWLEDGE_S: Final = 2.0
WAKE_S: Final = 15.0
STALLED_SWEEP_S: Final = 5.0
SEEN_S: Final = 15.0
FORGET_S: Final = 3600.0
ANSWERS_KEPT: Final = timedelta(days=30)  # a tablet may send again after weeks in a drawer


def main(argv: Sequence[str]) -> int:
    """Take jobs until SIGTERM or Ctrl-C: of every queue, of some sites (`--site`), of the center (`--central`)."""
    arguments = _arguments(argv)
    settings = from_environment()
    set_drill(settings.drill_offset)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("procrastinate", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    file = settings.integrations_file
    configured, languages = integrations.load(file), integrations.languages(file)
    with database(settings) as url:
        app = _app(settings, url)
        integrations.install(app, configured, languages)
        with app.app_context():
            _check_sites(arguments.site)
        work(app, url, _duty(settings, configured, arguments.site, central=arguments.central))
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser("rackside worker", description="Work in the background. Without options: for every queue.")
    parser.add_argument(
        "--site", action="append", default=[], metavar="CODE", help="work for this site only; may be given again"
    )
    parser.add_argument("--central", action="store_true", help="work for the center: messages, clocks, sweeps")
    return parser.parse_args(argv)


def _app(settings: Settings, url: str) -> Flask:
    app = bare_app(url)
    app.config["RACKSIDE"] = settings
    tasks_alerts.install(app, settings)
    return app


def _check_sites(codes: Sequence[str]) -> None:
    with transaction() as session:
        known = set(session.scalars(select(Site.code)))
    if unknown := sorted(set(codes) - known):
        raise Invalid("unknown_site", f"--site {unknown[0]}: no such site; there are: {', '.join(sorted(known))}")


def _duty(settings: Settings, configured: Integrations, sites: Sequence[str], *, central: bool) -> Duty:
    """Queues and chores: ticks belong to the center, signs of life to sites, dead workers' jobs to their queues."""
    everything = not sites and not central
    queues = None if everything else [*(site_queue(code) for code in sites), *([CENTRAL] if central else [])]
    chores = [Chore("return of stalled jobs", STALLED_SWEEP_S, lambda: _return_stalled(queues))]
    chores += tasks_alerts.chores()
    if everything or central:
        chores += tasks_alerts.chores_of_center()
        chores += [Chore(name, TICK_S, registry.tasks[name], alone=True) for name in TICKS]
        chores.append(Chore("acknowledgments", ACKNOWLEDGE_S, registry.tasks["jobs.acknowledge"], alone=True))
        chores.append(Chore("tickets.wake", WAKE_S, registry.tasks["tickets.wake"], alone=True))
        telling = ((name, system) for name, system in configured.items() if isinstance(system, Telling))
        chores += [Chore(f"news of {name}", 0.0, partial(tickets_tasks.listen, name, one)) for name, one in telling]
        chores.append(Chore("forgetting what is over", FORGET_S, _forget, alone=True))
        chores.append(Chore("months of the sweep", FORGET_S, tasks_sweep.keep_months, alone=True))
    if everything or sites:
        chores.append(Chore("sign of life", SEEN_S, lambda: _seen(None if everything else sites)))
        bell = Chore("sweep", tasks_sweep.RING_S, lambda: tasks_sweep.ring(None if everything else sites))
        chores.append(bell)
        if settings.traps is not None:
            receiver = Receiver(settings.traps, None if everything else sites)
            chores.append(Chore("traps", 0.0, receiver.turn))  # a turn waits for what comes
    served = "every queue" if queues is None else f"queues {', '.join(queues)}"
    return Duty(queues, chores, ready=lambda: print(f"rackside worker: at work on {served}", flush=True))


def _return_stalled(queues: Sequence[str] | None) -> None:
    with transaction() as session:
        found = return_stalled(session, queues)
    if found:
        logging.getLogger(__name__).warning("%d jobs of dead workers are taken again", found)


def _forget() -> None:
    with transaction() as session:
        forget_failed(session)
        sessions.forget_ended(session, true_now())
        idempotency.forget(session, true_now() - ANSWERS_KEPT)


def _seen(sites: Sequence[str] | None) -> None:
    """Write that these sites (None: all) have a worker now."""
    seen = update(Site).values(worker_seen_at=true_now())
    with transaction() as session:
        session.execute(seen if sites is None else seen.where(Site.code.in_(sites)))
