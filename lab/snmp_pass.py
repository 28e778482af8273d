"""Serve a tree of objects to snmpd over its pass_persist protocol; runs as snmpd's child, imports nothing of ours.

Usage: snmp_pass.py TREE OWNER. TREE has one object a line, "OID TYPE VALUE"; it is read again when it changes.
A number "@FILE|ON|OFF" is ON while FILE holds 1 (or is not there), else OFF.
OWNER is the process id of the lab: when that is gone, snmpd is told to end, and so are we.
"""

from __future__ import annotations

import bisect
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

Oid = tuple[int, ...]
LEASH_S = 1.0


class Tree:
    """The objects of one file, in order of their identifiers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._cells: dict[Oid, tuple[str, str]] = {}
        self._order: list[Oid] = []

    def find(self, oid: Oid) -> Oid | None:
        """Return `oid` when there is such an object."""
        self._refresh()
        return oid if oid in self._cells else None

    def after(self, oid: Oid) -> Oid | None:
        """Return the first identifier after `oid`."""
        self._refresh()
        place = bisect.bisect_right(self._order, oid)
        return self._order[place] if place < len(self._order) else None

    def cell(self, oid: Oid) -> tuple[str, str]:
        """Return type and value."""
        kind, value = self._cells[oid]
        return kind, followed(value) if kind != "string" and value.startswith("@") else value

    def _refresh(self) -> None:
        stat = self._path.stat()
        if self._seen == (stat.st_ino, stat.st_mtime_ns):
            return
        self._seen = (stat.st_ino, stat.st_mtime_ns)
        self._cells = {}
        for line in self._path.read_text().splitlines():
            oid, kind, value = line.split(" ", 2)
            self._cells[parse(oid)] = (kind, value)
        self._order = sorted(self._cells)


def followed(value: str) -> str:
    """Return the number that holds now."""
    path, on, off = value[1:].rsplit("|", 2)
    try:
        return off if Path(path).read_text().strip() == "0" else on
    except OSError:
        return on


def parse(dotted: str) -> Oid:
    """Return the numbers of a dotted identifier."""
    return tuple(int(part) for part in dotted.strip().strip(".").split("."))


def lines(owner: int) -> Iterator[str]:
    """Yield what snmpd asks, line by line; end when snmpd ends, and end snmpd when the owner is gone."""
    waiting = b""
    while True:
        if not select.select([0], [], [], LEASH_S)[0]:
            if not Path(f"/proc/{owner}").exists():
                os.kill(os.getppid(), signal.SIGTERM)
                return
            continue
        piece = os.read(0, 65536)
        if not piece:
            return
        *complete, waiting = (waiting + piece).split(b"\n")
        for line in complete:
            yield line.decode()


def main(tree_path: str, owner: str) -> None:
    """Answer until snmpd closes the pipe."""
    tree, asked = Tree(Path(tree_path)), lines(int(owner))
    for command in asked:
        if command == "PING":
            answer = "PONG"
        elif command in ("get", "getnext"):
            wanted = parse(next(asked))
            oid = tree.find(wanted) if command == "get" else tree.after(wanted)
            answer = "NONE" if oid is None else "\n".join(["." + ".".join(map(str, oid)), *tree.cell(oid)])
        else:
            answer = "not-writable"
        os.write(1, answer.encode() + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
