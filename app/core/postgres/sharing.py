"""One server for everybody on this machine who needs it: the users' side."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

import app
from app.core.errors import Unavailable
from app.core.postgres.cluster import ROLE
from app.core.postgres.locks import Lock, is_free, is_held_exclusively

START_S = 60.0
ATTEMPTS = 2
LEAVE_S = 45.0  # longer than the supervisor takes to stop the least willing server
LOG_LIMIT = 10_000_000
SOURCE = Path(app.__file__).resolve().parent.parent


@contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """A PostgreSQL with its data in `folder`, up while the block runs; gives SQLAlchemy's URL of its database.

    Shared by every process that asks for the same folder, also by forked children of this one. A killed server is
    ready again in well under a second (open connections break, nothing committed is lost), and so is one whose
    supervisor was killed with it. Leaving as the last user stops it before the block's end returns.
    Cost: about 1 s for a new folder, 0.3 s for a stopped server, a connection when it runs.
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
        self._reap()

    def _keep_supervised(self) -> None:
        """Start another supervisor should the present one be killed."""
        while True:
            present = Lock(self._folder / "supervisor")
            present.wait()
            present.release()
            if self._left.is_set():
                return
            self._wait_until_ready()

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + START_S
        attempts = 0
        while time.monotonic() < deadline:
            if url := _answering(self._folder):
                return url
            if self._reap() and not is_held_exclusively(self._folder / "supervisor"):
                if attempts == ATTEMPTS:
                    break
                attempts += 1
                self._start()
            time.sleep(0.02)
        raise Unavailable("database_unavailable", f"The embedded PostgreSQL did not start: {_last_words(self._folder)}")

    def _start(self) -> None:
        log = _log(self._folder)
        command = [sys.executable, "-P", "-m", "app.core.postgres", str(self._folder)]
        command += [] if self._durable else ["--scratch"]
        self._started = os.posix_spawn(
            sys.executable,
            command,
            os.environ | {"PYTHONPATH": str(SOURCE)},
            file_actions=[  # not our input and output: who reads ours waits for their end
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,  # it must outlive us and hear no Ctrl-C of ours
        )

    def _reap(self) -> bool:
        """Whether the supervisor that we started (if we did) has ended; leaves no zombie behind."""
        if self._started is None:
            return True
        try:
            pid, _ = os.waitpid(self._started, os.WNOHANG)
        except ChildProcessError:  # whoever waits for all children of this process was first
            pid = self._started
        if pid:
            self._started = None
        return bool(pid)


def _answering(folder: Path) -> str | None:
    """The address of the server if it answers with our password; None if it does not yet."""
    try:
        port = int((folder / "port").read_text(encoding="ascii"))
        password = (folder / "password").read_text(encoding="ascii")
    except (FileNotFoundError, ValueError):
        return None
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
