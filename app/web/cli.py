"""`rackside serve`: gunicorn with one worker and enough threads for every live page and then some."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import types
from collections.abc import Sequence
from typing import Any, Final

from apiflask import APIFlask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.core.cli import Parser, database
from app.core.clock import set_drill, true_now
from app.core.local_ca import trust_for
from app.core.settings import Settings, from_environment
from app.jobs import tasks_alerts
from app.web.app import create_app
from app.web.settled import settle, tidy
from app.web.stream import exchange_of
from app.web.watch import watch

log = logging.getLogger(__name__)

WORKING_THREADS: Final = 56  # beside one a live page
STOP_S: Final = 3


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """Tells the live pages to end before it waits for what is in flight: they alone would outlast it.

    Looks for garbage when an answer has left, never before.
    """

    def handle(self, conn: TConn) -> object:
        """One request of a connection; whether another may follow."""
        kept = super().handle(conn)
        tidy()
        return kept

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        """SIGTERM: finish what is in flight."""
        exchange_of(self.wsgi).close()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: types.FrameType | None) -> None:
        """SIGINT, SIGQUIT: leave now."""
        exchange_of(self.wsgi).close()
        super().handle_quit(sig, frame)


class Server(BaseApplication):  # type: ignore[misc] # gunicorn ships no types
    """Gunicorn over our application, set up here and nowhere else."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Nothing is read from gunicorn's own files or environment."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> APIFlask:
        """The application, made in the worker."""
        app = create_app(self._settings)
        tasks_alerts.install(app, self._settings)
        watch(app)
        settle(app)
        return app


def serve(argv: Sequence[str]) -> int:
    """`rackside serve`: serves until it is told to stop; open requests get a few seconds."""
    arguments = _arguments(argv)
    settings = from_environment()
    set_drill(settings.drill_offset)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    secured = {}
    if arguments.https:
        trust = trust_for(arguments.host, settings.instance / "tls", true_now())
        secured = {"certfile": str(trust.certificate), "keyfile": str(trust.key)}
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        settings = dataclasses.replace(settings, base_url=f"https://{host}:{arguments.port}")
        log.info("%s, trusted by whoever trusts %s (SHA-256 %s, until %s)",
                 settings.base_url, trust.authority, trust.fingerprint, f"{trust.ends_at:%Y-%m-%d}")  # fmt: skip
    with database(settings) as url:
        Server(
            dataclasses.replace(settings, database_url=url),
            **secured,
            bind=f"{arguments.host}:{arguments.port}",
            workers=1,
            worker_class=f"{Worker.__module__}.{Worker.__qualname__}",
            threads=settings.stream_limit + WORKING_THREADS,
            worker_connections=settings.stream_limit + 1000,
            timeout=60,
            graceful_timeout=STOP_S,
            accesslog="-" if arguments.access_log else None,
            control_socket_disable=True,
            proc_name="rackside",
        ).run()
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser("rackside serve", description="The web server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen at (default 8080)")
    parser.add_argument(
        "--https", action="store_true", help="serve HTTPS with a certificate for --host, made under the instance folder"
    )
    parser.add_argument("--access-log", action="store_true", help="a line a request on standard output")
    return parser.parse_args(argv)
