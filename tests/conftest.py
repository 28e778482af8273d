"""What every test may ask for: a database of its own. And two rules: nobody leaves this machine, nothing is skipped
silently where it counts.
"""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings

from app.core import migrations
from tests.databases import Kept, administer, prepare, server, sibling

MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30
UNIT = Path(__file__).parent / "unit"
NEEDS_PACKAGE = "needs Debian package"  # skip reasons that start so are failures where CI=true


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One embedded server for the whole session; SQLAlchemy's URL of its first, empty database."""
    with folder_in_memory() as memory, server(memory or tmp_path_factory.mktemp("postgres")) as url:
        yield url


@contextmanager
def folder_in_memory() -> Iterator[Path | None]:
    """An empty folder in memory, gone afterwards; None where there is none or too little of it.

    A database is some 500 files: on a busy disk each test waits half a second for its own.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < MEMORY_NEEDED:
        yield None
        return
    for left in MEMORY.glob("rackside-tests-*-*"):  # of a run that was killed
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"rackside-tests-{os.getpid()}-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a database with the whole schema, to clone from."""
    name = "template_rackside"
    administer(postgres_url, f"CREATE DATABASE {name}")
    migrations.upgrade(sibling(postgres_url, name))
    prepare(sibling(postgres_url, name))
    return name


@pytest.fixture(scope="session")
def kept_databases(postgres_url: str) -> Iterator[Callable[[str], Kept]]:
    """The database of each template that this process puts back between tests."""
    kept: dict[str, Kept] = {}

    def of(template: str) -> Kept:
        return kept.setdefault(template, Kept(postgres_url, template, f"test_{os.getpid()}_{template}"))

    yield of
    for one in kept.values():
        one.drop()


@pytest.fixture
def database(kept_databases: Callable[[str], Kept], template: str) -> str:
    """SQLAlchemy's URL of a database with the template's schema and rows and no other.

    One test after the other gets the same URL: what is kept by URL (see `engines`) serves all of them.
    """
    kept = kept_databases(template)
    kept.fresh()
    return kept.url


settings.register_profile("ordinary", max_examples=50)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile("ordinary")  # another one: --hypothesis-profile=thorough


def pytest_configure() -> None:
    sys.addaudithook(_stay_on_this_machine)
    gc.disable()


def pytest_collection_finish() -> None:
    """Modules and tests are for ever: looking through them for garbage again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """No test sends anything anywhere else: not even to an address that nobody has."""
    if event not in {"socket.connect", "socket.sendto"} or not isinstance(arguments[1], tuple):
        return
    host = arguments[1][0]
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise AssertionError(f"a test reached for {host}: only 127.0.0.0/8 and ::1 are allowed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter: pytest.TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    missing = {report.longrepr[2] for report in skipped if NEEDS_PACKAGE in str(report.longrepr)}
    if missing and os.environ.get("CI") == "true":
        reporter.write_line(f"\nskipped where nothing may be: {'; '.join(sorted(missing))}", red=True)
        session.exitstatus = pytest.ExitCode.INTERRUPTED  # not whole: running what failed once more mends nothing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread each folder's files evenly over the run: browsers compute while others wait for devices and tickets.

    Unit tests stay last: quick ones that fill the gaps at the end.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    place = {
        file: (UNIT in file.parents, (index + 0.5) / len(within))
        for within in folders.values() for index, file in enumerate(within)
    }  # fmt: skip
    items[:] = [item for file in sorted(files, key=place.__getitem__) for item in files[file]]
