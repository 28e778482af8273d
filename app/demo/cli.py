"""`rackside demo`: the whole product on one machine, with real protocol servers behind every machine."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

from app.core.cli import Parser, upgrade
from app.core.clock import true_now, utc_text
from app.core.database import bare_app, transaction
from app.core.errors import Conflict, Invalid
from app.core.postgres import running
from app.core.settings import from_environment
from app.demo import seed
from app.demo.children import Children
from app.demo.helpdesk import SECRET_BYTES, Helpdesk
from app.demo.lab import lab_fleet
from app.demo.world import HOURS, SITES
from app.shifts.window import Calendar, is_open, next_opening, parse_hours

READY_S: Final = 60.0
_ASKED = threading.Event()


def main(argv: Sequence[str]) -> int:
    """Start everything, say how to get in, and stop everything at Ctrl-C or SIGTERM."""
    arguments = _arguments(argv)
    if os.environ.get("DATABASE_URL"):
        raise Invalid("invalid", "The demo brings its own database: unset DATABASE_URL.")
    _check_port(arguments.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask_to_stop)
    instance = from_environment().instance
    with _alone(instance):
        folder = instance / "demo"
        if arguments.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        _run(folder, arguments)
    print("demo: all stopped", flush=True)
    return 0


def _run(folder: Path, arguments: Namespace) -> None:
    began = time.monotonic()
    offset, reason = drill_offset(arguments.at, true_now())
    with running(folder / "postgres") as url, lab_fleet(folder / "lab") as fleet, Helpdesk(folder) as helpdesk:
        upgrade(url)
        facts = _facts(folder, helpdesk)
        _fill(url, folder, facts, fleet.endpoints, offset)
        facts |= {"url": f"http://127.0.0.1:{arguments.port}", "lab": fleet.facts()}
        with _children(url, folder, arguments.port, offset) as children:
            if children.wait_until_ready(facts["url"], READY_S, _ASKED):
                _write_private(folder.parent / "demo.json", facts)
                _greet(facts, fleet.left_out, reason, time.monotonic() - began)
                _ASKED.wait()


@contextmanager
def _alone(instance: Path) -> Iterator[None]:
    """One demo an instance folder: a second one is refused before it touches anything."""
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("running", f"A demo runs already in {instance}: stop it first (Ctrl-C).") from error
        yield


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Conflict(
                "port_taken", f"Port {port} is taken on this machine: choose another with --port."
            ) from error


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = Parser("rackside demo", description="The main job on one machine, with nothing set up.")
    parser.add_argument("--port", type=int, default=8080, help="where the pages are (127.0.0.1)")
    parser.add_argument("--at", type=_instant, metavar="INSTANT", help="start the business clock there (a drill)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left")
    return parser.parse_args(argv)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError
    return instant.astimezone(UTC)


def _ask_to_stop(_number: int, _frame: FrameType | None) -> None:
    _ASKED.set()


def drill_offset(at: datetime | None, now: datetime) -> tuple[timedelta, str]:
    """How far business time is moved, and why: asked for, or because no site is open now."""
    if at is not None:
        return timedelta(seconds=round((at - now).total_seconds())), f"as asked, the clock was set to {utc_text(at)}"
    calendars = [Calendar(site.time_zone, parse_hours(HOURS)) for site in SITES]
    if any(is_open(calendar, now) for calendar in calendars):
        return timedelta(0), ""
    opening = min(found.starts_at for one in calendars if (found := next_opening(one, now)) is not None)
    soon = opening + timedelta(minutes=30)
    told = f"no site is open now, so the clock was set to the next opening, {utc_text(soon)}"
    return timedelta(seconds=round((soon - now).total_seconds())), told


def _facts(folder: Path, helpdesk: Helpdesk) -> dict[str, Any]:
    """What earlier runs wrote down (passwords are stored nowhere else), and this run's integrations."""
    kept = folder / "facts.json"
    facts: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {"people": {}, "integrations": {}}
    secret = facts.setdefault("webhook_secret", helpdesk.new_secret(SECRET_BYTES))
    helpdesk.secret = secret
    integrations = {
        "console": {"system": "console", "path": str(folder / "tickets.jsonl")},
        "helpdesk": {"system": "webhook", "url": helpdesk.url, "secrets": [secret]},
    }
    _write_private(folder / "integrations.json", integrations)
    return facts


def _fill(
    url: str, folder: Path, facts: dict[str, Any], endpoints: dict[str, dict[str, Any]], offset: timedelta
) -> None:
    """Seed what a fresh database lacks, and tell every asset where it is reached in this run."""
    now = true_now()
    with bare_app(url).app_context():
        if not facts["people"]:
            with transaction() as session:
                sites = seed.seed_sites(session, folder / "site-keys")
                facts["people"] = seed.seed_people(session, sites, now)
                facts["integrations"] = {"bridge": seed.seed_integration(session, now)}
                seed.seed_assets(session, sites, now)
                seed.set_endpoints(session, endpoints, now)
                seed.seed_tickets(session, now + offset)
                seed.ask_every_machine(session, now)
                _write_private(folder / "facts.json", facts)
        else:
            with transaction() as session:
                seed.set_endpoints(session, endpoints, now)


@contextmanager
def _children(url: str, folder: Path, port: int, offset: timedelta) -> Iterator[Children]:
    """Web and workers as processes of their own, started again when they die, all ended on exit."""
    environment = {
        **os.environ,
        "DATABASE_URL": url.replace("+psycopg", "", 1),
        "RACKSIDE_INSTANCE": str(folder),
        "RACKSIDE_BASE_URL": f"http://127.0.0.1:{port}",
        "RACKSIDE_INTEGRATIONS": str(folder / "integrations.json"),
        "RACKSIDE_SITE_KEYS": str(folder / "site-keys"),
    }
    if offset:
        environment |= {"RACKSIDE_DRILL": "1", "RACKSIDE_DRILL_OFFSET_S": str(int(offset.total_seconds()))}
    sites = [option for site in SITES for option in ("--site", site.code)]
    commands = {
        "web": ["serve", "--host", "127.0.0.1", "--port", str(port)],
        "worker-central": ["worker", "--central"],
        "worker-sites": ["worker", *sites],
    }
    with ExitStack() as stack:
        children = stack.enter_context(Children(folder / "logs", environment))
        for name, command in commands.items():
            children.start(name, [sys.executable, "-m", "app", *command])
        yield children


def _write_private(path: Path, content: object) -> None:
    """JSON that only this user can read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    fresh.replace(path)


def _greet(facts: dict[str, Any], left_out: Sequence[str], reason: str, took_s: float) -> None:
    lines = [f"Rackside is ready after {took_s:.1f} s: {facts['url']}", ""]
    lines += [
        f"  {name:6} {person['password']:15} {', '.join(person['roles'])} "
        f"({person['sites'] if person['sites'] == 'all' else ', '.join(person['sites'])})"
        for name, person in facts["people"].items()
    ]
    if reason:
        lines += ["", f"Drill: {reason}."]
    lines += [f"Left out: {one}." for one in left_out]
    print("\n".join([*lines, "", "Ctrl-C stops all of it."]), flush=True)
