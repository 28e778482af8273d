"""A real Request Tracker 5 on loopback, in a folder of its own, over SQLite or a PostgreSQL that is handed in.

It has one queue "Data Center" with the transaction field "Idempotency Key", a bot `rackside` with an API token, and
two people: `lena`, who works there, and `carla`, a customer. Mail that it would send becomes files; nothing leaves the
machine, and the machine's own services are not touched. Making the first one takes about ten seconds; its SQLite
database is kept in the checkout's `build` for the next ones, which are ready in a few.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, wait_until
from lab.tools import find, missing

QUEUE: Final = "Data Center"
KEY_FIELD: Final = "Idempotency Key"
BOT: Final = "rackside"
SERVER: Final = Path("/usr/share/request-tracker5/libexec/rt-server")
LIBRARY: Final = "/usr/share/request-tracker5/lib"
SETUP: Final = "rt-setup-database-5"
SEED: Final = Path(__file__).with_name("request_tracker_seed.pl")
START_S: Final = 60.0
BUILT: Final = Path(__file__).parents[1] / "build" / "lab"
KEPT: Final = ("rt5.sqlite", "token")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A database that RT may create: where, its name, and a superuser with their password, as whom RT works, too."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)

    def lines(self) -> list[str]:
        """RT's settings for it."""
        return [
            "Set($DatabaseType, 'Pg');",
            f"Set($DatabaseHost, '{self.host}');",
            f"Set($DatabasePort, '{self.port}');",
            f"Set($DatabaseName, '{self.name}');",
            f"Set($DatabaseAdmin, '{self.user}');",
            f"Set($DatabaseUser, '{self.user}');",
            f"Set($DatabasePassword, '{self.password}');",
        ]


class RequestTracker:
    """A made and (after `start`) running RT."""

    def __init__(self, folder: Path, postgres: Postgres | None = None, workers: int = 2) -> None:
        self.folder = folder.resolve()
        self.port = free_tcp_ports(1)[0]
        self._postgres = postgres
        arguments = ["-I", LIBRARY, str(SERVER), "--server", "Starlet", "--host", LOOPBACK, "--port", str(self.port)]
        arguments += ["--max-workers", str(workers)]
        self._environment = {
            "RT_SITE_CONFIG": str(self.folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "RT_SiteConfig.d"),
        }
        self.child = Child("perl", arguments, self.folder, self._environment)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def token(self) -> str:
        """The bot's API token."""
        return (self.folder / "token").read_text(encoding="ascii")

    def make(self) -> None:
        """Write the configuration and fill a new database."""
        (self.folder / "RT_SiteConfig.d").mkdir(parents=True, exist_ok=True)
        (self.folder / "mail").mkdir(exist_ok=True)
        mailer = self.folder / "mailer"
        mailer.write_text(f'#!/bin/sh\nexec cat >"$(mktemp "{self.folder}/mail/XXXXXXXX")"\n', encoding="utf-8")
        mailer.chmod(0o700)
        Path(self._environment["RT_SITE_CONFIG"]).write_text("\n".join(self._configuration()), encoding="utf-8")
        if self._postgres is None and all((_kept() / name).is_file() for name in KEPT):
            for name in KEPT:
                shutil.copy(_kept() / name, self.folder / name)
            return
        self._set_up("--action", "init")
        self._set_up("--action", "insert", "--datafile", str(SEED))
        if self._postgres is None:
            self._keep()

    def _keep(self) -> None:
        """Keep the filled database, whole or not at all."""
        _kept().parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=_kept().parent))
        for name in KEPT:
            shutil.copy(self.folder / name, fresh / name)
        try:
            fresh.rename(_kept())
        except OSError:  # another run was first
            shutil.rmtree(fresh)

    def start(self) -> None:
        """Start the server; it answers soon after."""
        self.child.start()

    def wait(self) -> None:
        """Wait until it answers its bot."""
        wait_until(lambda: self._answers() or not self.child.running, "Request Tracker", START_S)
        if not self.child.running:
            raise NotReady(f"Request Tracker ended at once: {self.child.output()[-2000:]}")

    def stop(self) -> None:
        """End the server and its workers."""
        self.child.stop()

    def poke(self, url: str | None, secret: str = "", *, early: bool = False) -> None:
        """From now on tell `url` of each change by people (None: nobody): after its commit, or `early`, before it."""
        file = self.folder / ("early-poke" if early else "poke")
        if url is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(f"{url}\n{secret}\n", encoding="ascii")

    @contextlib.contextmanager
    def holding_slow_tickets(self) -> Iterator[Path]:
        """While inside, a new ticket with "slow" in its subject stays uncommitted; the file given appears then."""
        file = self.folder / "hold"
        reached = self.folder / "hold.reached"
        file.touch()
        try:
            yield reached
        finally:
            file.unlink()
            reached.unlink(missing_ok=True)

    def call(self, method: str, path: str, body: Any = None, *, as_user: str = "root") -> Any:
        """What a person does over REST 2, by name and password: an own way in, apart from the product's."""
        password = "password" if as_user == "root" else f"{as_user}-password"
        who = BOT if as_user == "bot" else as_user
        response = httpx.request(
            method, f"{self.url}/REST/2.0/{path}", json=body, auth=(who, password), timeout=30, trust_env=False
        )
        response.raise_for_status()
        return response.json()

    def open_ticket(self, subject: str, text: str, *, requestor: str = "carla@client.test") -> str:
        """A new ticket in the queue; its number."""
        form = {
            "Queue": QUEUE,
            "Subject": subject,
            "Requestor": requestor,
            "Content": text,
            "ContentType": "text/plain",
        }
        return str(self.call("POST", "ticket", form, as_user="lena")["id"])

    def write(self, ticket: str, text: str, *, as_user: str = "carla", note: bool = False) -> None:
        """A reply, or a note between colleagues."""
        form = {"Content": text, "ContentType": "text/plain"}
        self.call("POST", f"ticket/{ticket}/{'comment' if note else 'correspond'}", form, as_user=as_user)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            found = httpx.get(
                f"{self.url}/REST/2.0/rt", headers={"Authorization": f"token {self.token}"}, timeout=5, trust_env=False
            )
            return found.status_code == httpx.codes.OK
        return False

    def _set_up(self, *arguments: str) -> None:
        program = find(SETUP)
        if program is None:
            raise NotReady(f"this machine lacks {missing(SETUP)[0]}")
        password = self._postgres.password if self._postgres else ""
        command = [program, *arguments, "--dba-password", password]
        done = subprocess.run(
            command, env={**os.environ, **self._environment}, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotReady(f"{SETUP} {' '.join(arguments)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    def _configuration(self) -> list[str]:
        sqlite = ["Set($DatabaseType, 'SQLite');", f"Set($DatabaseName, '{self.folder}/rt5.sqlite');"]
        database = [*sqlite, "Set($DatabaseUser, '');"] if self._postgres is None else self._postgres.lines()
        return [
            "Set($rtname, 'rt.test');",
            "Set($Organization, 'rt.test');",
            "Set($Timezone, 'UTC');",
            r"Set($CorrespondAddress, 'support\@rt.test');",
            r"Set($CommentAddress, 'notes\@rt.test');",
            f"Set($WebDomain, '{LOOPBACK}');",
            f"Set($WebPort, {self.port});",
            f"Set($WebBaseURL, '{self.url}');",
            "Set($WebSessionClass, 'Apache::Session::File');",
            *database,
            "Set($LogToSyslog, undef);",
            "Set($LogToSTDERR, 'warning');",
            "Set($LogToFile, undef);",
            "Set($MailCommand, 'sendmailpipe');",
            f"Set($SendmailPath, '{self.folder}/mailer');",
            f"Set($LabFolder, '{self.folder}');",
            "1;",
            "",
        ]


def _kept() -> Path:
    """Where a filled database is kept, for this seed and this edition of RT."""
    edition = Path(LIBRARY, "RT", "Generated.pm")
    seen = hashlib.sha256(SEED.read_bytes() + (edition.read_bytes() if edition.exists() else b""))
    return BUILT / f"request-tracker-{seen.hexdigest()[:16]}"


@contextlib.contextmanager
def request_tracker(folder: Path, postgres: Postgres | None = None, workers: int = 2) -> Iterator[RequestTracker]:
    """Make one, run it, and leave nothing behind but its folder."""
    made = RequestTracker(folder, postgres, workers)
    made.make()
    try:
        made.start()
        made.wait()
        yield made
    finally:
        made.stop()
