"""A PostgreSQL of one's own: stock binaries in a folder, no system service, no user added, nothing changed elsewhere.

Whoever comes first starts the server, everybody after that shares it, and it stops when the last one leaves, however
that one leaves. This is the users' side; the server's side is `postgres_server`.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from app.core.errors import Unavailable
from app.core.postgres_server.cluster import ROLE
from app.core.postgres_server.locks import Lock, is_free, is_held_exclusively

LOG = logging.getLogger(__name__)
START_S = 60.0
AGAIN_S = 5.0
PORT, STATUS, PID_FILE_LINES = 3, 7, 8  # of PostgreSQL's own postmaster.pid
LEAVE_S = 45.0  # longer than the supervisor takes to stop the least willing server
LOG_LIMIT = 10_000_000
SOURCE = Path(__file__).resolve().parents[2]


@contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """A PostgreSQL with its data in `folder`, up while the block runs; gives SQLAlchemy's URL of its database.

    Shared by every process that asks for the same folder, also by forked children of this one. A killed server is
    ready again in well under a second (open connections break, nothing committed is lost), and so is one whose
    supervisor was killed with it. Leaving as the last user stops it before the block's end returns.
    Cost: about 0.7 s for a new folder, 0.1 s for a stopped server, a connection when it runs.
    Raises Unavailable with the server's last words when it does not come up within a minute.
    `durable=False` gives up safety against a crash of the machine; for tests.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    use = _Use(folder, durable=durable)
    try:
        yield use.ready()
    finally:
        use.leave()


class _Use:
    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder = folder
        self._durable = durable
        self._started: int | None = None
        self._left = threading.Event()
        self._lock = Lock(folder / "users")
        if not self._lock.take(shared=True, within_s=LEAVE_S):
            raise Unavailable("database_unavailable", "The embedded PostgreSQL is still stopping: try again.")

    def ready(self) -> str:
        url = self._wait_until_ready()
        threading.Thread(target=self._keep_supervised, name="postgres-supervision", daemon=True).start()
        return url

    def leave(self) -> None:
        """Let go; if nobody else is there, wait until the server is down."""
        self._left.set()
        self._lock.release()
        users, supervisor = self._folder / "users", self._folder / "supervisor"
        deadline = time.monotonic() + LEAVE_S
        while time.monotonic() < deadline and is_held_exclusively(supervisor):
            if not is_free(users) and not is_held_exclusively(users):
                return  # others are at work with it
            time.sleep(0.02)
        self._reap(block=True)

    def _keep_supervised(self) -> None:
        """Start another supervisor should the present one be killed."""
        while True:
            present = Lock(self._folder / "supervisor")
            present.wait()
            present.release()
            if self._left.is_set():
                return
            self._reap(block=True)
            try:
                self._wait_until_ready()
            except Unavailable as error:
                LOG.error("%s", error.detail)  # noqa: TRY400 -- said in full; the next round tries again
                self._left.wait(AGAIN_S)

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if url := _answering(self._folder):
                return url
            status = self._reap()
            if status:
                break
            if self._started is None and not is_held_exclusively(self._folder / "supervisor"):
                self._start()
            time.sleep(0.01)
        raise Unavailable("database_unavailable", f"The embedded PostgreSQL did not start: {_last_words(self._folder)}")

    def _start(self) -> None:
        log = _log(self._folder)
        command = [sys.executable, "-P", "-m", "app.core.postgres_server", str(self._folder)]
        command += [] if self._durable else ["--scratch"]
        self._started = os.posix_spawn(
            sys.executable,
            command,
            os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))},
            file_actions=[  # not our input and output: who reads ours waits for their end
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,  # it must outlive us and hear no Ctrl-C of ours
        )

    def _reap(self, *, block: bool = False) -> int:
        """The exit status of the supervisor that we started; 0 also while it is at work, or not ours."""
        if self._started is None:
            return 0
        try:
            pid, status = os.waitpid(self._started, 0 if block else os.WNOHANG)
        except ChildProcessError:  # whoever waits for all children of this process was first
            pid, status = self._started, 0
        if pid:
            self._started = None
        return status


def _answering(folder: Path) -> str | None:
    """The address of the server if it answers with our password; None if it does not yet."""
    try:
        told = (folder / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()
        password = (folder / "password").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    if len(told) < PID_FILE_LINES or told[STATUS].strip() != "ready":
        return None
    port = int(told[PORT])
    where = f"{ROLE}:{password}@127.0.0.1:{port}/{ROLE}"
    with suppress(psycopg.OperationalError), psycopg.connect(f"postgresql://{where}", connect_timeout=2):
        return f"postgresql+psycopg://{where}"
    return None


def _log(folder: Path) -> Path:
    log = folder / "log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.rename(folder / "log.1")
    return log


def _last_words(folder: Path) -> str:
    log = folder / "log"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return f"{lines[-1] if lines else 'it said nothing'} (more in {log})"
