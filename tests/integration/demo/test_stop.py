"""A request to stop reaches the main thread whatever it is doing at that moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
# Signals by the thousand while the main thread goes in and out of its wait: an Event hangs within a few hundred.
STORM = """
import os, signal, threading, time
from app.demo.stop import StopRequest
stop = StopRequest()
stop.listen()
assert not stop.wait(0)
over = threading.Event()
def storm():
    while not over.is_set():
        os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=storm).start()
end = time.monotonic() + 1.0
while time.monotonic() < end:
    stop.wait(0.0001)
over.set()
assert stop.wait()
print("stopped")
"""


def test_signals_at_any_moment_never_hang_the_wait() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", STORM], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip
    assert done.stdout == "stopped\n", done.stderr


def test_a_signal_ends_a_wait_at_once() -> None:
    waiting = "from app.demo.stop import StopRequest; s = StopRequest(); s.listen(); print('x', flush=True); s.wait()"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", waiting], env={"PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
