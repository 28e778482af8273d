"""This machine: room on its disk, programs that something optional needs, and the built pages."""

from __future__ import annotations

import ctypes
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.doctor.findings import Said, ok, problem, warning
from app.doctor.look import Look

GIB: Final = 1 << 30
LITTLE, NONE = 2 * GIB, GIB // 2
PAGES: Final = Path(__file__).resolve().parents[2] / "web" / "static" / "dist"
PDF: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libfontconfig.so.1")


def room(look: Look) -> Iterator[Said]:
    """Free space where this installation keeps its files, and the embedded database."""
    folder = next(place for place in (look.settings.instance, *look.settings.instance.parents) if place.exists())
    yield judged_room(folder, shutil.disk_usage(folder).free)


def judged_room(folder: Path, free: int) -> Said:
    """`free` in bytes. Pure."""
    told = f"{free / GIB:.1f} GiB are free where {folder} lies."
    if free < NONE:
        return problem(told, "Make room now: a full disk stops the database.")
    if free < LITTLE:
        return warning(told, "Make room: photos and histories grow every day.")
    return ok(told)


def programs(_look: Look) -> Iterator[Said]:
    """What draws completion reports as PDF."""
    missing = [name for name in PDF if not _loads(name)]
    if missing:
        yield warning(
            f"Completion reports come as web pages instead of PDF files here: {missing[0]} is missing.",
            "Install Debian's libpango-1.0-0 and libpangoft2-1.0-0 on the machine of the web server.",
        )
    else:
        yield ok("What draws completion reports as PDF is here.")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def pages(_look: Look) -> Iterator[Said]:
    """Whether scripts and styles were built, all of them."""
    yield judged_pages(PAGES)


def judged_pages(folder: Path) -> Said:
    """`folder` holds what was built, and its manifest."""
    advice = "Run ./rackside serve on this machine once: it builds them."
    try:
        files: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return warning("The pages' scripts and styles are not built here.", advice)
    missing = sorted(name for name in files.values() if not (folder / name).is_file())
    if missing:
        return problem(f"{missing[0]} is missing among the built scripts and styles of the pages.", advice)
    return ok("The pages' scripts and styles are built.")
