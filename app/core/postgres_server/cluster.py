"""The data folder: made once and completely, owned by whoever runs the server, free of a dead server's traces."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from app.core.postgres_server.binaries import Programs

ROLE = "rackside"
# The bootstrap role cannot sign in at all: only the product's own role can, from this machine, with its password.
ACCESS = f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n"
GRACE_S = 5.0


def prepare(folder: Path, programs: Programs, *, durable: bool) -> Path:
    """The cluster in `folder`/data, made when it is not there yet (about 0.5 s); returns its path."""
    data = folder / "data"
    if not data.exists():
        _create(folder, programs, durable=durable)
    _own(data, programs)
    if not (folder / "password").exists():
        _write_password(folder, data, programs, f"ALTER ROLE {ROLE}")
    return data


def _create(folder: Path, programs: Programs, *, durable: bool) -> None:
    """Made beside its place and renamed when complete, so that an interrupted attempt is simply made again."""
    new = folder / "data.new"
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    _own(new, programs)
    arguments = ("-D", str(new), "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-clean", "-A", "reject")
    _run(programs, programs.command("initdb", *arguments, *(() if durable else ("--no-sync",))))
    (new / "pg_hba.conf").write_text(ACCESS, encoding="ascii")
    _write_password(
        folder,
        new,
        programs,
        f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE",
        then=f"CREATE DATABASE {ROLE} OWNER {ROLE}",
    )
    new.rename(folder / "data")


def _write_password(folder: Path, data: Path, programs: Programs, statement: str, then: str = "") -> None:
    password = secrets.token_urlsafe(24)
    single = programs.command("postgres", "--single", "-D", str(data), "postgres")
    _run(programs, single, sent=f"{statement} PASSWORD '{password}'\n{then}\n")
    part = folder / "password.new"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(password, encoding="ascii")
    part.rename(folder / "password")


def _run(programs: Programs, command: list[str], sent: str = "") -> None:
    subprocess.run(  # noqa: S603 -- PostgreSQL's own programs
        command,
        input=sent.encode(),
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=programs.user,
        group=programs.group,
        extra_groups=programs.groups,
        check=True,
    )


def _own(data: Path, programs: Programs) -> None:
    """Give the cluster to who runs it: a folder that was opened or closed since the last start changes that."""
    if data.stat().st_uid == programs.owner:
        return
    for path in (data, *data.rglob("*")):
        os.chown(path, programs.owner, -1, follow_symlinks=False)


def clear_traces(data: Path) -> None:
    """End what is left of an earlier server on `data` and remove its pid file.

    For the supervisor alone, whose lock says that no server is wanted here but its own. Needed because a pid file
    names a number: of a zombie nobody reaped, or of a stranger's process after a restart of the machine.
    """
    deadline = time.monotonic() + GRACE_S
    while strays := _servers_on(data):
        for pid in strays:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # what was committed is in the log; there is nobody left to ask politely
        if time.monotonic() > deadline:
            break  # the server's own start says the rest
        time.sleep(0.01)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _servers_on(data: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name == "postgres":
                found.append(int(entry.name))
        except OSError:  # ended meanwhile, a zombie, or another user's
            continue
    return found
