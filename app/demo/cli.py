"""`rackside demo`: the whole product on one machine, with real protocol servers behind every machine."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from app.core.cli import Parser, upgrade
from app.core.clock import true_now
from app.core.database import bare_app, transaction
from app.core.errors import Conflict, Invalid, Unavailable
from app.core.local_ca import trust_for
from app.core.postgres import running
from app.core.settings import from_environment
from app.demo import seed
from app.demo.children import Children
from app.demo.drill import drill_offset, instant
from app.demo.folder import alone, remember, remembered, write_private
from app.demo.helpdesk import SECRET_BYTES, Helpdesk
from app.demo.lab import DemoLab, lab_fleet
from app.demo.stop import StopRequest
from app.demo.world import SITES

READY_S: Final = 60.0
WORKERS: Final = {
    "worker-central": ["worker", "--central"],
    "worker-sites": ["worker", *(option for site in SITES for option in ("--site", site.code))],
}


class _Stop(Exception):
    """Somebody asked to stop while things were still being started."""


def main(argv: Sequence[str]) -> int:
    """Start everything, say how to get in, and stop everything at Ctrl-C or SIGTERM."""
    arguments = _arguments(argv)
    if os.environ.get("DATABASE_URL"):
        raise Invalid("invalid", "The demo brings its own database: unset DATABASE_URL.")
    stop = StopRequest()
    stop.listen()
    with alone(from_environment().instance, fresh=arguments.fresh) as folder, suppress(_Stop):
        _check_port("127.0.0.1", arguments.port)
        if arguments.https:
            trust_for(arguments.https, folder / "tls", true_now())
            _check_port(arguments.https, arguments.https_port)
        _run(folder, arguments, stop)
    print("demo: all stopped", flush=True)
    return 0


def _run(folder: Path, arguments: Namespace, stop: StopRequest) -> None:
    began = time.monotonic()
    offset, reason = drill_offset(arguments.at, true_now())
    url = f"http://127.0.0.1:{arguments.port}"
    with running(folder / "postgres") as database, lab_fleet(folder / "lab") as lab, Helpdesk(folder) as helpdesk:
        _go_on(stop)
        upgrade(database)
        facts = _facts(folder, helpdesk)
        _go_on(stop)
        with Children(folder / "logs", _environment(database, folder, arguments.port, offset)) as children:
            web = {"web": ["serve", "--port", str(arguments.port)]}
            if arguments.https:
                port = str(arguments.https_port)
                web["web-https"] = ["serve", "--https", "--host", arguments.https, "--port", port]
            _start(children, web)  # comes up while we fill the database
            _fill(database, folder, facts, lab, offset)
            _go_on(stop)
            _start(children, WORKERS)
            if not children.wait_until_ready(url, READY_S, stop.wait):
                _go_on(stop)
                raise Unavailable("not_ready", f"The pages did not come up; {folder}/logs/web.log says why.")
            facts |= {"url": url, "lab": lab.facts(), **_for_tablets(folder, arguments)}
            write_private(folder.parent / "demo.json", facts)
            _greet(facts, lab.left_out, reason, time.monotonic() - began)
            stop.wait()


def _go_on(stop: StopRequest) -> None:
    """Between two steps of the start: not when somebody asked to stop. What runs already is ended on the way out."""
    if stop.wait(0):
        raise _Stop


def _for_tablets(folder: Path, arguments: Namespace) -> dict[str, Any]:
    """Where a tablet reaches the demo, and what it must trust for that."""
    if not arguments.https:
        return {}
    trust = trust_for(arguments.https, folder / "tls", true_now())
    host = f"[{arguments.https}]" if ":" in arguments.https else arguments.https
    told = {"url": f"https://{host}:{arguments.https_port}", "authority": str(trust.authority)}
    return {"tablet": {**told, "fingerprint": trust.fingerprint}}


def _check_port(address: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise Conflict("port_taken", f"Port {port} is not for ordinary users: choose one above 1023.") from error
        except OSError as error:
            if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} or isinstance(error, socket.gaierror):
                raise Conflict("no_such_address", f"{address} is no address of this machine.") from error
            taken = f"Port {port} is taken on this machine: choose another with --port."
            raise Conflict("port_taken", taken) from error


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = Parser("rackside demo", description="The main job on one machine, with nothing set up.")
    parser.add_argument("--port", type=_port, default=8080, help="where the pages are (127.0.0.1; default 8080)")
    parser.add_argument("--at", type=instant, metavar="INSTANT", help="start the business clock there (a drill)")
    parser.add_argument(
        "--https", metavar="ADDRESS", help="also serve a tablet: HTTPS at this address of this machine (docs/tablet.md)"
    )
    parser.add_argument("--https-port", type=_port, default=8443, help="port of --https (default 8443)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left")
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ArgumentTypeError(f"{text!r} is no port: a whole number from 1 to 65535")
    return int(text)


def _facts(folder: Path, helpdesk: Helpdesk) -> dict[str, Any]:
    """What earlier runs wrote down, and this run's integrations."""
    facts = remembered(folder)
    secret = facts.setdefault("webhook_secret", helpdesk.new_secret(SECRET_BYTES))
    helpdesk.secret = secret
    integrations = {
        "console": {"system": "console", "path": str(folder / "tickets.jsonl")},
        "helpdesk": {"system": "webhook", "url": helpdesk.url, "secrets": [secret]},
    }
    write_private(folder / "integrations.json", integrations)
    return facts


def _fill(database: str, folder: Path, facts: dict[str, Any], lab: DemoLab, offset: timedelta) -> None:
    """Seed an empty database, all or nothing, and tell every asset where it is reached in this run."""
    now = true_now()
    with bare_app(database).app_context(), transaction() as session:
        if seed.is_seeded(session):
            seed.set_endpoints(session, lab.endpoints, now)
            return
        sites = seed.seed_sites(session, folder / "site-keys")
        facts["people"] = seed.seed_people(session, sites, now)
        facts["integrations"] = {"bridge": seed.seed_integration(session, now)}
        seed.seed_assets(session, sites, now)
        seed.seed_spares(session, sites, now)
        seed.set_endpoints(session, lab.endpoints, now)
        seed.seed_tickets(session, now + offset)
        seed.ask_every_machine(session, now)
        remember(folder, facts)  # before the commit: people whose passwords nobody knows would be of no use


def _environment(database: str, folder: Path, port: int, offset: timedelta) -> dict[str, str]:
    """What web and workers are told."""
    environment = {
        **os.environ,
        "DATABASE_URL": database.replace("+psycopg", "", 1),
        "RACKSIDE_INSTANCE": str(folder),
        "RACKSIDE_BASE_URL": f"http://127.0.0.1:{port}",
        "RACKSIDE_INTEGRATIONS": str(folder / "integrations.json"),
        "RACKSIDE_SITE_KEYS": str(folder / "site-keys"),
    }
    if offset:
        environment |= {"RACKSIDE_DRILL": "1", "RACKSIDE_DRILL_OFFSET_S": str(int(offset.total_seconds()))}
    return environment


def _start(children: Children, commands: Mapping[str, Sequence[str]]) -> None:
    """Run our own commands as processes of their own, started again when they die."""
    for name, command in commands.items():
        children.start(name, [sys.executable, "-m", "app", *command])


def _greet(facts: dict[str, Any], left_out: Sequence[str], reason: str, took_s: float) -> None:
    lines = [f"Rackside is ready after {took_s:.1f} s: {facts['url']}", ""]
    lines += [
        f"  {name:6} {person['password']:15} {', '.join(person['roles'])} "
        f"({person['sites'] if person['sites'] == 'all' else ', '.join(person['sites'])})"
        for name, person in facts["people"].items()
    ]
    if reason:
        lines += ["", f"Drill: {reason}."]
    if tablet := facts.get("tablet"):
        lines += ["", f"Tablet: {tablet['url']}, once it trusts {tablet['authority']}",
                  f"  (SHA-256 {tablet['fingerprint']}).",
                  "  How: docs/tablet.md. Everybody who reaches this address can try to sign in."]  # fmt: skip
    lines += [f"Left out: {one}." for one in left_out]
    print("\n".join([*lines, "", "Ctrl-C stops all of it."]), flush=True)
