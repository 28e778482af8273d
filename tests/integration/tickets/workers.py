"""Real worker processes of our own: started, killed, forgotten; what they left in the queue."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import text

from app.core.database import transaction
from app.tickets import operations
from tests.waiting import wait_until

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
SOURCE = Path(__file__).resolve().parents[3]


class WorkerProcess:
    """A `rackside worker` of our own, and what it says."""

    def __init__(self, url: str, folder: Path, integrations: Mapping[str, Mapping[str, object]], *options: str) -> None:
        file = folder / "integrations.json"
        file.write_text(json.dumps(integrations), encoding="utf-8")
        env = os.environ | {
            "DATABASE_URL": url, "RACKSIDE_INTEGRATIONS": str(file), "RACKSIDE_INSTANCE": str(folder),
            "PYTHONPATH": str(SOURCE),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "worker", *options], env=env, cwd=folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said: list[str] = []
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str]) -> None:
        with output:
            self.said += output  # grows line by line

    def wait_until_ready(self) -> None:
        wait_until(lambda: any("at work" in line for line in self.said) or self.process.poll() is not None, within_s=30)
        assert self.process.poll() is None, self.said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        self._reader.join(timeout=10)

    def stop(self, within_s: float = 10.0) -> float:
        """Ask for the end; the seconds it took. The exit status must be 0."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=within_s) == 0, self.said
        self._reader.join(timeout=10)
        return time.monotonic() - began


def webhook_worker(url: str, folder: Path, hook: str, *options: str) -> WorkerProcess:
    """One whose ticket system "rt" is a webhook's receiver."""
    return WorkerProcess(url, folder, {"rt": {"system": "webhook", "url": hook, "secrets": [SECRET]}}, *options)


@contextmanager
def central_worker(url: str, folder: Path, integrations: Mapping[str, Mapping[str, object]]) -> Iterator[WorkerProcess]:
    """A central worker, killed at the end of the block, whatever it does then."""
    process = WorkerProcess(url, folder, integrations, "--central")
    try:
        yield process
    finally:
        process.kill()


def jobs_in(status: str) -> int:
    with transaction() as session:
        counted = text("SELECT count(*) FROM procrastinate_jobs WHERE status = CAST(:s AS procrastinate_job_status)")
        return int(session.scalars(counted, {"s": status}).one())


def waiting_for_locks() -> int:
    with transaction() as session:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(session.scalars(text(waiting)).one())


def be_forgotten_for(seconds: int) -> None:
    """Move leases and heartbeats back, as if the dead worker had been gone that long."""
    with transaction() as session:
        session.execute(text("UPDATE message SET lease_until = lease_until - :span"), {"span": timedelta(seconds=60)})
        session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - :span"),
            {"span": timedelta(seconds=seconds)},
        )


def unsent(*, unknown_s: int = 1) -> int:
    """How many messages are on their way; none may be dead.

    Their next attempts are moved up, to a second from now, or `unknown_s` where nobody knows whether it arrived.
    """
    with transaction() as session:
        sooner = """
            UPDATE message SET attempts = least(attempts, 4), next_at = least(next_at, clock_timestamp() + CASE
                WHEN problem LIKE '%arrived%' OR problem LIKE '%broke%' THEN make_interval(secs => :unknown_s)
                ELSE interval '1 s' END)
            WHERE state = 'pending'"""
        session.execute(text(sooner), {"unknown_s": unknown_s})
    with transaction() as session:
        operations.sweep(session)
        dead = session.execute(text("SELECT problem FROM message WHERE state = 'dead'")).scalars().all()
        assert dead == []
        return int(session.execute(text("SELECT count(*) FROM message WHERE state <> 'sent'")).scalar_one())
