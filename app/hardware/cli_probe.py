"""`./rackside probe` and `./rackside compare`: diagnostics at the command line, without database and without web."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from app.core.clock import true_now
from app.core.errors import Invalid
from app.hardware.collect import collect
from app.hardware.compare import Named, Result, compare
from app.hardware.diagnostics import DiagnosticsDocument, Kind
from app.hardware.printed import comparison_lines, document_lines, part_line
from app.hardware.readings import SourceStatus, State
from app.hardware.target import parse_target

EXIT_BAD_INPUT = 64
EXIT_OF_RESULT = {Result.REPAIRED: 0, Result.NOT_REPAIRED: 1, Result.NEW_FAULT: 2}
LARGEST_TARGET = 1024 * 1024
LARGEST_DOCUMENT = 64 * 1024 * 1024
WATCH_HELP = "show on standard error what arrives, as it arrives"
FINDING_HELP = "the finding the work was about, as KIND:NUMBER (psu:2); without it every finding must be gone"


class _Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are ours: exit status 2 means something else here."""

    def error(self, message: str) -> NoReturn:
        """Refuse."""
        raise Invalid("usage", f"{message} ({self.format_usage().strip()})")


def main(argv: Sequence[str]) -> int:
    """Probe one target. Exit 0 well, 1 warning, 2 critical, 3 nothing read, 4 incomplete, 64 bad target."""
    parser = _Parser(prog="rackside probe", description="Diagnostics of one device and what feeds it.")
    parser.add_argument("target", metavar="TARGET.json", help="the target as JSON; - reads standard input")
    parser.add_argument("--json", action="store_true", help="print the diagnostics document")
    parser.add_argument("--watch", action="store_true", help=WATCH_HELP)
    try:
        given = parser.parse_args(argv)
        target = parse_target(_load(given.target, LARGEST_TARGET))
    except Invalid as error:
        return _refuse("probe", error, as_json="--json" in argv)
    document = collect(target, true_now, on_part=_show_part if given.watch else None)
    _print([json.dumps(document.to_dict())] if given.json else document_lines(document))
    return exit_status(document)


def exit_status(document: DiagnosticsDocument) -> int:
    """The exit status of a probe: what was found counts first, then whether anything, then whether all was read."""
    states = {finding.state for finding in document.findings}
    if State.CRITICAL in states:
        return 2
    if State.WARNING in states:
        return 1
    if not any(source.status in {SourceStatus.OK, SourceStatus.PARTIAL} for source in document.sources):
        return 3
    return 0 if document.complete else 4


def compare_main(argv: Sequence[str]) -> int:
    """Compare two documents. Exit 0 repaired and nothing new, 1 not repaired, 2 something new broke, 64 bad input."""
    parser = _Parser(prog="rackside compare", description="What changed between two diagnostics of one device.")
    parser.add_argument(
        "before", metavar="BEFORE.json", help="the document from before the work; - reads standard input"
    )
    parser.add_argument("after", metavar="AFTER.json", help="the document from after it")
    parser.add_argument("--finding", metavar="KIND:NUMBER", help=FINDING_HELP)
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
    try:
        given = parser.parse_args(argv)
        named = _named(given.finding)
        documents = [
            DiagnosticsDocument.from_dict(_load(path, LARGEST_DOCUMENT)) for path in (given.before, given.after)
        ]
    except Invalid as error:
        return _refuse("compare", error, as_json="--json" in argv)
    comparison = compare(documents[0], documents[1], named)
    _print([json.dumps(comparison.to_dict())] if given.json else comparison_lines(comparison))
    return EXIT_OF_RESULT[comparison.result]


def _named(text: str | None) -> Named | None:
    if text is None:
        return None
    kind, colon, number = text.partition(":")
    if not colon or not number or kind not in set(Kind):
        raise Invalid("bad_finding", f"--finding takes KIND:NUMBER, and KIND is one of {', '.join(Kind)}")
    return kind, number


def _load(path: str, largest: int) -> Any:
    """The JSON in a file, or on standard input for "-". Raises Invalid with a sentence."""
    name = "standard input" if path == "-" else path
    try:
        raw = sys.stdin.buffer.read(largest + 1) if path == "-" else _read(Path(path), largest + 1)
    except OSError as error:
        raise Invalid("unreadable", f"{name} cannot be read: {error.strerror}") from error
    if len(raw) > largest:
        raise Invalid("too_large", f"{name} is larger than {largest} bytes")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid("bad_json", f"{name} is not JSON: {error}") from error


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _refuse(command: str, error: Invalid, *, as_json: bool) -> int:
    if as_json:
        errors = [{"field": one.field, "code": one.code, "detail": one.detail} for one in error.errors]
        _print([json.dumps({"error": {"code": error.code, "detail": error.detail, "errors": errors}})])
    else:
        sys.stderr.write(f"rackside {command}: {error.detail}\n")
    return EXIT_BAD_INPUT


def _show_part(source: str, part: dict[str, Any]) -> None:
    sys.stderr.write(f"{part_line(source, part)}\n")
    sys.stderr.flush()


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
