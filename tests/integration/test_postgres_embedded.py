"""The embedded PostgreSQL: shared, restarted, stopped with its last user, and never losing what was committed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from app.core.errors import Unavailable
from app.core.postgres import running

DEADLINE_S = 30.0
SOURCE = Path(__file__).resolve().parents[2]
USER = """
import sys
from pathlib import Path
from app.core.postgres import running
with running(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(plain(url), connect_timeout=2, autocommit=True)


def wait_for(condition: Callable[[], bool], what: str) -> float:
    """Seconds until the condition held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < DEADLINE_S, f"waited in vain: {what}"
        time.sleep(0.01)
    return time.monotonic() - began


def answers(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), connect(url) as connection:
        connection.execute("SELECT 1")
        return True
    return False


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything alive that belongs to the server in `folder` (a zombie has none)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if int(entry.name) != os.getpid() and (
                str(folder) in words or str((entry / "cwd").readlink()) == f"{folder}/data"
            ):
                found.append(f"{entry.name}: {words}")
    return found


def environment() -> dict[str, str]:
    packages = Path(psycopg.__file__).parents[1]
    return os.environ | {"PYTHONPATH": f"{SOURCE}{os.pathsep}{packages}"}


@contextlib.contextmanager
def another_user(
    folder: Path, *before: str, python: str = sys.executable
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own that uses the server until its input ends; with the address it was given."""
    with subprocess.Popen(
        [*before, python, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd="/",
    ) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


def test_a_new_folder_becomes_a_durable_database_that_only_its_password_opens(folder: Path) -> None:
    with running(folder) as url, connect(url) as connection:
        assert url.startswith("postgresql+psycopg://rackside:")
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        connection.execute("CREATE EXTENSION btree_gist")
        password = (folder / "password").read_text()
        assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
        for wrong in (plain(url).replace(password, "guess"), plain(url).replace("rackside:", "postgres:", 1)):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(wrong, connect_timeout=2)
        assert password not in (folder / "log").read_text()


def test_kill_of_the_server_under_load_loses_no_committed_row(folder: Path) -> None:
    with running(folder) as url:
        with connect(url) as connection:
            connection.execute("CREATE TABLE work (id bigint PRIMARY KEY)")
        committed: list[int] = []
        writer = threading.Thread(target=insert_until_it_breaks, args=(url, committed))
        writer.start()
        wait_for(lambda: len(committed) > 200, "the writer at work")
        os.kill(postmaster(folder), signal.SIGKILL)
        took_s = wait_for(lambda: not writer.is_alive() and answers(url), "the server is back")
        with connect(url) as connection:
            found = {row[0] for row in connection.execute("SELECT id FROM work")}
        assert set(committed) <= found
        assert len(found) <= len(committed) + 1  # at most the one whose commit was not acknowledged
        assert took_s < 10  # 0.2 s where nobody else is at work


def insert_until_it_breaks(url: str, committed: list[int]) -> None:
    with contextlib.suppress(psycopg.OperationalError), connect(url) as connection:
        for number in range(10_000_000):
            connection.execute("INSERT INTO work VALUES (%s)", [number])
            committed.append(number)


def test_kill_of_the_server_and_of_its_supervisor_is_survived_too(folder: Path) -> None:
    with running(folder, durable=False) as url:
        first = postmaster(folder)
        supervisor = int((Path("/proc") / str(first) / "stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, signal.SIGKILL)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: answers(url), "the server is back")
        assert postmaster(folder) != first
    assert processes_of(folder) == []


def test_kill_of_the_first_user_keeps_the_server_for_the_second(folder: Path) -> None:
    with another_user(folder) as (first, url), running(folder, durable=False) as same:
        assert same == url
        server = postmaster(folder)
        first.kill()
        first.wait(DEADLINE_S)
        for _ in range(20):  # longer than the supervisor takes to look around
            assert answers(url)
            time.sleep(0.02)
        assert postmaster(folder) == server
    assert processes_of(folder) == []


def test_kill_of_the_only_user_stops_the_server(folder: Path) -> None:
    with another_user(folder) as (only, url):
        assert answers(url)
        only.kill()
    wait_for(lambda: processes_of(folder) == [], "everything is gone")
    assert not answers(url)


def test_last_user_leaving_leaves_nothing_running_and_everything_stored(folder: Path) -> None:
    with running(folder, durable=False) as url, connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert processes_of(folder) == []
    with running(folder, durable=False) as again, connect(again) as connection:
        assert again == url
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_start_is_not_fooled_by_the_traces_of_a_dead_server(folder: Path) -> None:
    with running(folder, durable=False):
        pass
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}/data\n0\n1\n\n127.0.0.1\n0 0\nready\n")
    with running(folder, durable=False) as url:
        assert answers(url)


def test_interrupted_creation_is_done_again(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("1")
    with running(folder, durable=False) as url:
        assert answers(url)
    assert not (folder / "data.new").exists()


def test_lost_password_is_replaced(folder: Path) -> None:
    with running(folder, durable=False) as url:
        pass
    (folder / "password").unlink()
    with running(folder, durable=False) as other:
        assert other != url
        assert answers(other)


def test_port_taken_by_somebody_else_is_exchanged(folder: Path) -> None:
    with running(folder, durable=False) as url:
        port = int((folder / "port").read_text())
    with socket.create_server(("127.0.0.1", port)), running(folder, durable=False) as other:
        assert other != url
        assert answers(other)


def test_server_that_cannot_start_says_why(folder: Path) -> None:
    with running(folder, durable=False):
        pass
    (folder / "data" / "PG_VERSION").write_text("9.4\n")
    with pytest.raises(Unavailable, match=r"did not start.*log"), running(folder, durable=False):
        pass
    assert processes_of(folder) == []


def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")


def test_root_runs_it_as_nobody_where_nobody_may_enter() -> None:
    as_root()
    nobody = pwd.getpwnam("nobody").pw_uid
    if subprocess.run(
        ["sh", "-c", f"cd '{SOURCE}'"], user=nobody, cwd="/", capture_output=True, check=False
    ).returncode:
        pytest.skip("this checkout is closed to nobody")
    with TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "postgres"
        with running(folder, durable=False) as url:
            assert answers(url)
            assert (folder / "data").stat().st_uid == nobody
        Path(name).chmod(0o700)  # closed since: the files come back to root
        with running(folder, durable=False) as url:
            assert answers(url)
            assert (folder / "data").stat().st_uid == 0


def test_root_opens_no_folder_to_run_it() -> None:
    as_root()
    with TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name) / "postgres"
        with running(folder, durable=False) as url:
            assert answers(url)
            assert (folder / "data").stat().st_uid == 0
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700


@pytest.mark.parametrize("uid", [pwd.getpwnam("daemon").pw_uid, 12345], ids=["with a name", "without a name"])
def test_ordinary_user_runs_it_as_themselves(uid: int) -> None:
    as_root()
    become = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "sh", "-c", 'exec "$@"', "sh")
    if not shutil.which(become[0]):
        pytest.skip("needs Debian package util-linux")
    python = python_for_everybody(become)
    with TemporaryDirectory(dir="/var/tmp") as name:
        os.chown(name, uid, uid)
        folder = Path(name) / "postgres"
        with another_user(folder, *become, python=python) as (process, url):
            assert answers(url)
            assert (folder / "data").stat().st_uid == uid
            process.communicate("\n", timeout=DEADLINE_S)
        assert processes_of(folder) == []


def python_for_everybody(become: tuple[str, ...]) -> str:
    """An interpreter that an ordinary user can run with our packages."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = [*become, python, "-c", "import psycopg, app"]
        if subprocess.run(command, cwd="/", env=environment(), check=False, capture_output=True).returncode == 0:
            return python
    pytest.skip("this checkout or its interpreter is closed to ordinary users")
