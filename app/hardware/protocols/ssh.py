"""SSH: fixed commands run side by side on one host over one connection, each with bounded time and output.

Nothing here knows what the commands are or what their output means. There is no terminal and no input: a command
gets end of file at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import paramiko

from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ssh_login import WINDOW_BYTES, signed_in
from app.hardware.readings import HostOutput, SshTarget

__all__ = ["SshSession", "open_session"]

LANES = 4  # OpenSSH permits ten sessions on one connection
MOST_BYTES = 1024 * 1024
MOST_ERROR_BYTES = 4096
CHUNK = 32768

OnOutput = Callable[[str], None]


class SshSession:
    """One signed-in connection. `requests` counts the commands that were run."""

    def __init__(self, transport: paramiko.Transport, deadline: Deadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._counting = threading.Lock()
        self.requests = 0

    @property
    def remaining_s(self) -> float:
        """Seconds until the session ends."""
        return self._deadline.remaining_s

    def run(self, lines: Sequence[str], within_s: float, on_output: OnOutput | None = None) -> dict[str, HostOutput]:
        """Run each line once, a few at a time, and return what each said; never raises for a single one.

        What does not end within `within_s` (or the session's deadline) has a `problem` that says so, and so has what
        says more than `MOST_BYTES`. `on_output(line)` is called in this thread as lines end. Cost: one channel a line.
        """
        limit = Deadline(min(within_s, self._deadline.remaining_s))
        lanes = ThreadPoolExecutor(LANES, thread_name_prefix="ssh")
        try:
            futures = {lanes.submit(self._one, line, limit): line for line in dict.fromkeys(lines)}
            return _gather(futures, limit, on_output or _tell_nobody)
        finally:
            lanes.shutdown(wait=False, cancel_futures=True)

    def _one(self, line: str, limit: Deadline) -> HostOutput:
        if limit.passed:
            return HostOutput(problem="no time was left for it")
        with self._counting:
            self.requests += 1
        try:
            channel = self._transport.open_session(WINDOW_BYTES, timeout=limit.remaining_s)
        except (paramiko.SSHException, EOFError, OSError) as error:
            told = error.text if isinstance(error, paramiko.ChannelException) else "the connection was lost"
            return HostOutput(problem=f"the host opened no session for it: {told}")
        with _closing_at(limit, channel):
            return _answer(channel, line, limit)


def _answer(channel: paramiko.Channel, line: str, limit: Deadline) -> HostOutput:
    try:
        channel.settimeout(limit.remaining_s)
        channel.exec_command(line)
        channel.shutdown_write()
        output, whole = _read(channel.recv, MOST_BYTES)
        if not whole:
            return HostOutput(_text(output), problem=f"it said more than {MOST_BYTES // 1024} KiB, the rest was left")
        errors, _whole = _read(channel.recv_stderr, MOST_ERROR_BYTES)
    except (TimeoutError, paramiko.SSHException, EOFError, OSError):
        return HostOutput(problem=_unended(limit))
    channel.status_event.wait(limit.remaining_s)
    if limit.passed:
        return HostOutput(_text(output), _text(errors), problem=_unended(limit))
    return HostOutput(_text(output), _text(errors), channel.exit_status)


def _read(receive: Callable[[int], bytes], most: int) -> tuple[bytes, bool]:
    """Bytes until the end, and whether the end was reached before there were too many."""
    found = bytearray()
    while chunk := receive(CHUNK):
        found += chunk
        if len(found) > most:
            return bytes(found[:most]), False
    return bytes(found), True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _unended(limit: Deadline) -> str:
    return "it did not end in time" if limit.passed else "the connection was lost while it ran"


@contextlib.contextmanager
def _closing_at(limit: Deadline, channel: paramiko.Channel) -> Iterator[None]:
    """End a channel at last, and when its time is over: a request that is never answered would wait for ever."""
    watch = threading.Timer(limit.remaining_s, _close, (channel,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        _close(channel)


def _close(end: paramiko.Channel | paramiko.Transport) -> None:
    """Close what may be closed, or half gone, already."""
    with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
        end.close()


def _gather(futures: dict[Future[HostOutput], str], limit: Deadline, on_output: OnOutput) -> dict[str, HostOutput]:
    found: dict[str, HostOutput] = {}
    waiting = set(futures)
    while waiting and not limit.passed:
        done, waiting = wait(waiting, limit.remaining_s, FIRST_COMPLETED)
        for future in done:
            found[futures[future]] = future.result()
            on_output(futures[future])
    return {line: found.get(line, HostOutput(problem="it did not end in time")) for line in futures.values()}


def _tell_nobody(_line: str) -> None:
    """Stand in for a caller that does not want to hear what arrived."""


@contextlib.contextmanager
def open_session(target: SshTarget, deadline_s: float) -> Iterator[SshSession]:
    """Sign in to a host; the session, and all that runs in it, ends with the deadline.

    Raises HardwareError when the host cannot be reached, shows another key than the pinned one, or does not let us in.
    """
    deadline = Deadline(deadline_s)
    with signed_in(target, deadline) as transport:
        watch = threading.Timer(deadline.remaining_s, _close, (transport,))
        watch.daemon = True
        watch.start()
        try:
            yield SshSession(transport, deadline)
        finally:
            watch.cancel()
