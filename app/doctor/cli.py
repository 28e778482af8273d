"""`rackside doctor`: what is misconfigured, unreachable, unencrypted or out of date, and what to do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.core.cli import Parser, as_it_is
from app.core.clock import set_drill
from app.core.database import bare_app
from app.core.errors import AppError, Invalid
from app.core.settings import Settings, from_environment
from app.doctor.examine import examine
from app.doctor.findings import Finding, Said, State, in_order, problem
from app.doctor.look import Look


def main(argv: Sequence[str]) -> int:
    """Exit 0 when all is well, 1 when anything is a problem or a warning. Changes nothing; 15 s at most."""
    parser = Parser(
        "rackside doctor",
        description="What is misconfigured, unreachable, unencrypted or out of date, and what to do. Changes nothing. "
        "Run it where the web server runs, with its settings. Exit 1 when there is anything to do.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    found, whole = _found(os.environ)
    _tell(found, as_json=arguments.json)
    status = 1 if any(one.state != State.OK for one in found) else 0
    if not whole:  # threads that hang cannot be ended, and would be waited for
        sys.stdout.flush()
        os._exit(status)
    return status


def _found(environment: Mapping[str, str]) -> tuple[list[Finding], bool]:
    try:
        settings = _of_a_running_demo(from_environment(environment))
    except Invalid as error:
        return [_alone("settings", problem(error.detail, "Correct it; nothing else was looked at."))], True
    set_drill(settings.drill_offset)
    try:
        with as_it_is(settings) as url:
            return examine(Look(settings, environment, url, bare_app(url)))
    except (AppError, OSError) as error:
        said = problem(error.detail if isinstance(error, AppError) else str(error), "Correct that first.")
        return [_alone("database", said)], True


def _of_a_running_demo(settings: Settings) -> Settings:
    """The demo's, where one runs and there is no other database."""
    demo = settings.instance / "demo"
    told = settings.instance / "demo.json"
    if settings.database_url is not None or (settings.instance / "postgres" / "data").exists() or not told.exists():
        return settings
    print("rackside doctor: looking at the demo that runs here", file=sys.stderr)
    url = str(json.loads(told.read_text(encoding="utf-8"))["url"])
    integrations, keys = demo / "integrations.json", demo / "site-keys"
    return replace(settings, instance=demo, base_url=url, integrations_file=integrations, site_keys=keys)


def _alone(name: str, said: Said) -> Finding:
    return Finding(name, said.state, said.sentence, said.advice)


def _tell(found: Sequence[Finding], *, as_json: bool) -> None:
    counts = {state: sum(one.state == state for one in found) for state in State}
    if as_json:
        told = {f"{state}s" if state != State.OK else "ok": number for state, number in counts.items()}
        print(json.dumps({**told, "findings": [one.form() for one in in_order(found)]}, indent=2))
        return
    print("\n".join(one.line() for one in in_order(found)))
    print(f"\n{counts[State.PROBLEM]} problems, {counts[State.WARNING]} warnings, {counts[State.OK]} ok")
