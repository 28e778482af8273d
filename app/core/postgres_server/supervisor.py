"""The small process beside the server: starts it, starts it again when it dies, stops it after its last user."""

from __future__ import annotations

import ctypes
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from app.core.postgres_server.binaries import Programs, find_programs
from app.core.postgres_server.cluster import clear_traces, prepare
from app.core.postgres_server.locks import Lock

PORTS = range(20_000, 30_000)  # below the range that outgoing connections take theirs from
LOOK_S = 0.1
STOP_S = 20.0
SHORT_RUN_S = 2.0
PATIENCE = 5  # short runs in a row after which something is broken that a restart does not mend
WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
PR_SET_PDEATHSIG = 1
SCRATCH = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def supervise(folder: Path, *, durable: bool) -> int:
    """Keep the server of `folder` up while anybody holds FOLDER/users; the exit status of the process.

    Returns when another supervisor is at it. `durable=False` is for databases thrown away after a test.
    """
    lock = Lock(folder / "supervisor")
    if not lock.take(shared=False, within_s=1.0):  # users look at the lock too, each for a moment
        return 0
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    users = Lock(folder / "users")
    programs = find_programs(folder)
    data = prepare(folder, programs, durable=durable)
    clear_traces(data)
    start = _starter(folder, data, programs, durable=durable)
    short_runs = 0
    while short_runs < PATIENCE:
        began = time.monotonic()
        server = start()
        if _watch(server, users):
            return 0
        short_runs = short_runs + 1 if time.monotonic() - began < SHORT_RUN_S else 0
        clear_traces(data)
        time.sleep(0.2 * short_runs)
    return 1


def _watch(server: subprocess.Popen[bytes], users: Lock) -> bool:
    """True once the server was stopped because nobody needs it, False when it ended by itself."""
    while server.poll() is None:
        if users.take(shared=False):  # kept until we are gone: who comes now waits and starts the next one
            _stop(server)
            return True
        told = signal.sigtimedwait(WATCHED, LOOK_S)
        if told and told.si_signo != signal.SIGCHLD:
            _stop(server)
            return True
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: open transactions are undone; then less patiently."""
    for way in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(way)
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _starter(folder: Path, data: Path, programs: Programs, *, durable: bool) -> Callable[[], subprocess.Popen[bytes]]:
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(_port(folder)),
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "recovery_init_sync_method": "syncfs",  # one call instead of a thousand: ready again in a third of the time
        "logging_collector": "off",
        **({} if durable else SCRATCH),
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = programs.command("postgres", "-D", str(data), *settings)
    set_process_option = ctypes.CDLL(None, use_errno=True).prctl

    def in_the_child() -> None:
        set_process_option(PR_SET_PDEATHSIG, signal.SIGINT)  # no server outlives a killed supervisor unseen
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- PostgreSQL's own program
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            user=programs.user,
            group=programs.group,
            extra_groups=programs.groups,
            preexec_fn=in_the_child,  # noqa: PLW1509 -- this process has one thread
        )

    return start


def _port(folder: Path) -> int:
    """The remembered port if it is free, else a new one; remembered before anybody is told to connect."""
    remembered = folder / "port"
    ports = [int(remembered.read_text(encoding="ascii"))] if remembered.exists() else []
    ports += random.sample(PORTS, 50)
    port = next(port for port in ports if _is_free(port))
    part = folder / "port.new"
    part.write_text(f"{port}\n", encoding="ascii")
    part.rename(remembered)
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
