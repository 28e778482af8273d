"""`rackside bench [NAME ...]`: measure the named groups, or all of them, and say which bars are kept."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

from app.core.errors import AppError
from bench.figures import found
from bench.harness import ENOUGH_ROUNDS, Group, run
from bench.machine import machine
from bench.report import Section, as_markdown, as_plain

USAGE = 64


def main(argv: list[str]) -> int:
    """Exit 0 when every figure was measured and keeps its bar, 1 when not, 64 for a name that is none."""
    groups = found()
    options = _options(groups, argv)
    unknown = [name for name in options.names if name not in groups]
    if unknown:
        print(f"rackside bench: there is no {unknown[0]!r}; there are {', '.join(groups)}", file=sys.stderr)
        return USAGE
    stated = machine()
    sections = [_measure(groups[name], options.rounds, _say) for name in options.names or groups]
    if options.json:
        print(json.dumps(as_plain(stated, sections), indent=2))
    else:
        print(as_markdown(stated, sections))
    return 0 if all(section.good for section in sections) else 1


def _options(groups: dict[str, Group], argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rackside bench", description="Figures beside their peers, in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(groups)}; all when none is named")
    parser.add_argument(
        "--rounds", type=int, help=f"how many; below {ENOUGH_ROUNDS} nothing is judged (default: what the group asks)"
    )
    parser.add_argument("--json", action="store_true", help="for programs, instead of markdown")
    return parser.parse_args(argv)


def _measure(group: Group, rounds: int | None, tell: Callable[[str], None]) -> Section:
    missing = group.needs()
    if missing:
        tell(f"{group.name}: this machine lacks {', '.join(missing)}")
        return Section(group, missing=missing)
    started = time.monotonic()
    try:
        outcomes = run(group, rounds, tell)
    except (AppError, OSError, RuntimeError) as failed:
        tell(f"{group.name}: {failed}")
        return Section(group, failure=str(failed), took_s=time.monotonic() - started)
    return Section(group, outcomes, took_s=time.monotonic() - started)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
