"""Who is there: file locks, which the kernel releases when their holder dies in whatever way."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class Lock:
    """One open lock file; held until `release`, or until the process is gone."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, shared: bool, within_s: float = 0.0) -> bool:
        """Take it, or say that somebody else's hold forbade it all that time."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                fcntl.flock(self._fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.01)
            else:
                return True

    def wait(self) -> None:
        """Block until it can be held shared: until its exclusive holder is gone."""
        fcntl.flock(self._fd, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go and close; the object is of no use afterwards."""
        os.close(self._fd)


def is_free(path: Path) -> bool:
    """Whether nobody at all holds the lock at `path` at this moment."""
    lock = Lock(path)
    try:
        return lock.take(shared=False)
    finally:
        lock.release()


def is_held_exclusively(path: Path) -> bool:
    """Whether somebody holds the lock at `path` for themselves."""
    lock = Lock(path)
    try:
        return not lock.take(shared=True)
    finally:
        lock.release()
