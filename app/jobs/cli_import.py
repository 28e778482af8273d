"""`rackside import`: whole lists at once, from files that other programs write."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.core.cli import USAGE, Parser, opened
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError, Invalid
from app.hardware.operations.imports import Problem, Tally, import_assets
from app.hardware.sheet import COLUMNS, Row, check_heading, read_row, repeated

BY: Final = "cli"
MOST_ROWS: Final = 10_000


def main(argv: Sequence[str]) -> int:
    """`rackside import csv FILE [--dry-run]`: exit 0 all rows good, 1 some bad (nothing is kept), 64 no file."""
    parser = Parser("rackside import", description="Import from files.")
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    sheet = kinds.add_parser("csv", help="assets", epilog=f"Columns: {', '.join(COLUMNS)}.")
    sheet.add_argument(
        "file", metavar="FILE", help="comma or semicolon separated, UTF-8, with a heading; - reads input"
    )
    sheet.add_argument("--dry-run", action="store_true", help="say what would happen, keep nothing")
    sheet.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    try:
        tally = _imported(arguments)
    except AppError as refused:
        print(f"rackside import: {refused.detail}", file=sys.stderr)
        return USAGE if refused.status == 422 else 1
    _say(tally, arguments)
    return 1 if tally.problems else 0


def _imported(arguments: argparse.Namespace) -> Tally:
    tally = Tally()
    rows = _rows(_text(arguments.file), tally)
    with opened(), transaction() as session:
        import_assets(session, rows, tally, by=BY, now=business_now())
        if tally.problems or arguments.dry_run:
            session.rollback()
    tally.problems.sort(key=lambda problem: problem.row)
    return tally


def _text(source: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("invalid", f"{source} cannot be read: {error}.") from error


def _rows(text: str, tally: Tally) -> list[Row]:
    """The rows that can be read; the others' problems go into the tally."""
    heading = text.partition("\n")[0]
    separator = ";" if ";" in heading and "," not in heading else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        check_heading(columns)
        for number, cells in enumerate(reader, 2):
            if any(cell.strip() for cell in cells):
                _read(number, columns, cells, rows, tally)
    except csv.Error as error:
        raise Invalid("invalid", f"This is no CSV at line {reader.line_num}: {error}.") from error
    if len(rows) > MOST_ROWS:
        raise Invalid("invalid", f"At most {MOST_ROWS} rows at once: split the file.")
    tally.problems += [Problem(number, one.field, one.detail) for number, one in repeated(rows)]
    return rows


def _read(number: int, columns: list[str], cells: list[str], rows: list[Row], tally: Tally) -> None:
    if len(cells) > len(columns):
        tally.problems.append(Problem(number, "row", f"has {len(cells)} cells, the heading has {len(columns)}"))
        return
    try:
        rows.append(read_row(number, dict(zip(columns, cells, strict=False))))
    except Invalid as refused:
        tally.note(number, refused, "row")


def _say(tally: Tally, arguments: argparse.Namespace) -> None:
    kept = not (tally.problems or arguments.dry_run)
    counts: dict[str, Any] = {"added": tally.added, "changed": tally.changed, "unchanged": tally.unchanged}
    if arguments.json:
        errors = [{"row": one.row, "column": one.column, "reason": one.reason} for one in tally.problems]
        print(json.dumps({**counts, "kept": kept, "errors": errors}, indent=2))
        return
    for one in tally.problems:
        print(f"row {one.row}, {one.column}: {one.reason}")
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{told}." if kept else f"{told}. Nothing was kept.")
