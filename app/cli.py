"""The commands of `rackside`: a table of names, and one place that turns failures into an exit status."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.errors import AppError

USAGE = 64
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives; its function takes the remaining arguments and returns the exit status."""

    name: str
    function: str
    help: str


COMMANDS = (
    Command("demo", "app.demo.cli:main", "everything on this machine with nothing set up: sites, people, lab, web"),
    Command("lab", "app.demo.cli_lab:main", "play the hands in the running demo: repair or break a server"),
    Command("test", "app.testing:main", "install what the tests need and run them"),
    Command("serve", "app.web.cli:serve", "the web server"),
    Command("worker", "app.jobs.cli_worker:main", "work in the background: --site CODE, --central, or everything"),
    Command("migrate", "app.core.cli:migrate", "bring the database to this version's schema"),
    Command("probe", "app.hardware.cli_probe:main", "diagnostics of one device, without the database"),
    Command("compare", "app.hardware.cli_probe:compare_main", "what changed between two diagnostics"),
    Command("window", "app.shifts.cli_window:main", "arithmetic with opening hours, without the database"),
    Command("bench", "bench.cli:main", "figures beside their peers, in one run, each with its bar"),
    Command("verify", "app.jobs.cli_verify:main", "check a report's hash chain and signature"),
    Command("doctor", "app.doctor.cli:main", "what is misconfigured, unreachable, unencrypted or out of date"),
    Command("backup", "app.archive.cli:backup", "database, keys and settings into one file"),
    Command("restore", "app.archive.cli:restore", "an installation from a backup"),
    Command("token", "app.people.cli:token", "API tokens"),
    Command("person", "app.people.cli:person", "people and their roles"),
    Command("site", "app.shifts.cli_site:main", "data centers, their hours and closed days"),
    Command("shift", "app.shifts.cli_shift:main", "who works when: rosters and absences"),
    Command("asset", "app.hardware.cli:asset", "servers and what feeds them"),
    Command("import", "app.jobs.cli_import:main", "import from CSV"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status (64: no such command, 130: interrupted, 1: refused, with the reason)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_overview())
        return 0 if arguments else USAGE
    command = next((one for one in COMMANDS if one.name == arguments[0]), None)
    if command is None:
        print(f"rackside: there is no command {arguments[0]!r}\n\n{_overview()}", file=sys.stderr)
        return USAGE
    try:
        try:
            status = _function(command)(arguments[1:])
        finally:
            sys.stdout.flush()  # also when --help has ended the command
    except AppError as error:
        print(f"rackside {command.name}: {error.detail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing may be written when the interpreter flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _function(command: Command) -> Callable[[list[str]], int]:
    """Imported only now, so that `window` does not pay for the web server.

    What is imported stays: looking through it for garbage meanwhile takes a fifth of each start.
    """
    module, _, name = command.function.partition(":")
    gc.disable()
    try:
        function: Callable[[list[str]], int] = getattr(importlib.import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()
    return function


def _overview() -> str:
    lines = [f"  {command.name:<9} {command.help}" for command in COMMANDS]
    return "\n".join(["usage: rackside COMMAND ...", "", *lines, "", "rackside COMMAND --help tells more."])
