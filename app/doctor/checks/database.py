"""The database: there, new enough, of this version's schema, spoken to in private, with the same time as we."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import psycopg
from sqlalchemy import text

from app.archive.restore import INTERRUPTED
from app.core import migrations
from app.doctor.findings import Said, ok, problem, warning
from app.doctor.look import Look

CONNECT_S: Final = 5
OLDEST: Final = 150000
DRIFT: Final = timedelta(seconds=2)
MUCH_DRIFT: Final = timedelta(seconds=30)
FULL: Final = 0.8  # of the connections that the server gives
CHECKED: Final = frozenset({"verify-full", "verify-ca"})
CUT_SHORT: Final = "A restore was interrupted: what stood in the database before lies in its schema before_restore."
PUT_IT_BACK: Final = "Stop web server and workers and run ./rackside restore again: it puts that back first."

IN_USE: Final = text(
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
    " current_setting('max_connections')::int"
)


def answers(look: Look) -> Iterator[Said]:
    """Whether it can be reached and is new enough."""
    try:
        with psycopg.connect(look.line, connect_timeout=CONNECT_S) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        yield problem(
            f"The database does not answer: {str(error).strip().splitlines()[0]}",
            "Start PostgreSQL, or correct DATABASE_URL; what stands in it could not be looked at.",
        )
        return
    if version < OLDEST:
        yield problem(f"PostgreSQL is of version {version // 10000}.", "Rackside needs 15 or newer: upgrade it.")
    else:
        yield ok(f"PostgreSQL {version // 10000}.{version % 10000} answers.")


def schema(look: Look) -> Iterator[Said]:
    """Whether it has the schema of this version."""
    with look.session() as session:
        present = migrations.current(session.connection())
        interrupted = session.scalar(text(INTERRUPTED))
    if present == migrations.head():
        yield ok(f"The schema is of this version ({present}).")
    elif present is None and interrupted:
        yield problem(CUT_SHORT, PUT_IT_BACK)
    elif present is None:
        yield problem("The database has no schema of ours yet.", "Run ./rackside migrate.")
    elif migrations.knows(present):
        yield problem(f"The schema is older ({present}) than this version ({migrations.head()}).",
                      "Run ./rackside migrate.")  # fmt: skip
    else:
        yield problem(
            f"The schema ({present}) is newer than this program knows.",
            "Bring the program on this machine to the version that the others have.",
        )


def privacy(look: Look) -> Iterator[Said]:
    """Whether others on the way can read what is said to it."""
    with psycopg.connect(look.line, connect_timeout=CONNECT_S) as connection:
        info = connection.info
        mode = info.get_parameters().get("sslmode", "prefer")
        yield judged_privacy(info.host, info.hostaddr, encrypted=bool(connection.pgconn.ssl_in_use), mode=mode)


def judged_privacy(host: str, address: str, *, encrypted: bool, mode: str) -> Said:
    """`host` as it was given (a folder for a Unix socket), `address` as it was resolved. Pure."""
    if host.startswith("/") or ipaddress.ip_address(address).is_loopback:
        return ok("The database is on this machine.")
    if not encrypted:
        return problem(
            f"What is said to the database at {host} is not encrypted, its password's exchange and all data included.",
            "Switch TLS on there (ssl = on) and add ?sslmode=verify-full to DATABASE_URL.",
        )
    if mode not in CHECKED:
        return warning(
            f"The line to the database at {host} is encrypted, but nobody checks that it is the right one.",
            "Add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL.",
        )
    return ok(f"The line to the database at {host} is encrypted, and its certificate checked.")


def clock(look: Look) -> Iterator[Said]:
    """Whether this machine and the database agree on the time."""
    with psycopg.connect(look.line, connect_timeout=CONNECT_S) as connection:
        before = look.clock()
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        after = look.clock()
    assert row is not None
    yield judged_clock(before, row[0], after)


def judged_clock(before: datetime, theirs: datetime, after: datetime) -> Said:
    """`theirs` was read between our two times. Pure."""
    off = max(before - theirs, theirs - after, timedelta(0))
    if off < DRIFT:
        return ok("This machine and the database have the same time.")
    told = f"The clocks of this machine and of the database are {off.total_seconds():.0f} s apart."
    advice = (
        "Have both follow a time server (timedatectl set-ntp true): signatures, promises and sign-ins depend on it."
    )
    return problem(told, advice) if off >= MUCH_DRIFT else warning(told, advice)


def connections(look: Look) -> Iterator[Said]:
    """Whether the server has connections left to give."""
    with look.session() as session:
        used, most = session.execute(IN_USE).one()
    if used >= most * FULL:
        yield warning(
            f"{used} of the {most} connections that PostgreSQL gives are in use.",
            "Raise max_connections there: the web server may want 80, each worker some 30.",
        )
    else:
        yield ok(f"{used} of PostgreSQL's {most} connections are in use.")
